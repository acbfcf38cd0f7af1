#include "services/ledger/post/entry_row.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "pkg/status/status.h"
#include "services/ledger/record/encoding.h"

namespace smallbiznis::ledger {
namespace {

absl::Status Broken(const db::Row& row, std::string_view what) {
  return absl::DataLossError(fmt::format("ledger entry {}: {}", row.Int64(0), what));
}

std::optional<std::map<std::string, std::string>> ParseMetadata(std::string_view text) {
  const nlohmann::json object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return std::nullopt;
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_string()) return std::nullopt;
    metadata.emplace(key, value.get<std::string>());
  }
  return metadata;
}

absl::StatusOr<std::vector<LotPart>> PartsFromColumn(const db::Row& row, int column) {
  if (row.IsNull(column)) return std::vector<LotPart>();
  ASSIGN_OR_RETURN(std::vector<LotPart> parts, DecodeParts(row.Bytes(column)));
  if (parts.empty()) return Broken(row, "a list of parts has none in it, and is not left out");
  return parts;
}

}  // namespace

std::string MetadataText(const std::map<std::string, std::string>& metadata) {
  return metadata.empty() ? std::string() : nlohmann::json(metadata).dump();
}

absl::StatusOr<PostedPtr> EntryFromRow(TenantId tenant, const db::Row& row) {
  auto posted = std::make_shared<Posted>();
  Entry& entry = posted->entry;
  entry.tenant = tenant;
  entry.entry_id = row.Int64(0);
  const int32_t kind = row.Int32(1);
  if (kind < static_cast<int>(EntryKind::kCredit) || kind > static_cast<int>(EntryKind::kRevert)) {
    return Broken(row, fmt::format("unknown kind {}", kind));
  }
  entry.kind = static_cast<EntryKind>(kind);
  entry.unit = row.Text(2);
  entry.amount = row.Int64(3);
  entry.source = row.Text(4);
  entry.destination = row.Text(5);
  entry.source_balance = row.OptionalInt64(6);
  entry.destination_balance = row.OptionalInt64(7);
  if (!row.IsNull(8)) entry.reference_id = std::string(row.Text(8));
  entry.description = row.Text(9);
  if (!row.IsNull(10)) {
    std::optional<std::map<std::string, std::string>> metadata = ParseMetadata(row.Text(10));
    if (!metadata || metadata->empty()) return Broken(row, "metadata is not an object of texts with something in it");
    entry.metadata = *std::move(metadata);
  }
  entry.expires_at = row.OptionalTime(11);
  entry.reverts = row.OptionalInt64(12);
  entry.hold = row.OptionalInt64(13);
  ASSIGN_OR_RETURN(entry.taken, PartsFromColumn(row, 14));
  ASSIGN_OR_RETURN(entry.given, PartsFromColumn(row, 15));
  entry.actor = row.Text(16);
  entry.posted_at = row.Time(17);
  const std::optional<merkle::Hash> hash = merkle::FromBytes(row.Bytes(18));
  if (!hash) return Broken(row, "its hash is not 32 bytes");
  posted->hash = *hash;
  return posted;
}

absl::StatusOr<HoldRecord> HoldFromRow(const db::Row& row) {
  const std::optional<HoldState> state = ParseHoldState(row.Text(4));
  if (!state) return absl::InternalError(fmt::format("hold {}: unknown state {}", row.Int64(0), row.Text(4)));
  return HoldRecord{.hold_id = row.Int64(0),
                    .account = {std::string(row.Text(1)), std::string(row.Text(2))},
                    .amount = row.Int64(3),
                    .state = *state,
                    .expires_at = row.OptionalTime(6),
                    .captured = row.Int64(5)};
}

Pauses PausesFromRows(const db::Rows& rows) {
  std::vector<Pause> pauses;
  for (const db::Row row : rows) pauses.push_back({row.Time(0), row.OptionalTime(1).value_or(absl::InfiniteFuture())});
  return Pauses(std::move(pauses));
}

}  // namespace smallbiznis::ledger
