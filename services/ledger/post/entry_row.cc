#include "services/ledger/post/entry_row.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "pkg/status/status.h"
#include "services/ledger/record/encoding.h"

namespace smallbiznis::ledger {
namespace {

absl::Status Broken(int64_t entry_id, std::string_view what) {
  return absl::DataLossError(fmt::format("ledger entry {}: {}", entry_id, what));
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

template <class Row>
absl::Status ReadParts(const Row& row, int column, std::vector<LotPart>& parts) {
  parts.clear();
  if (row.IsNull(column)) return absl::OkStatus();
  ASSIGN_OR_RETURN(parts, DecodeParts(row.Bytes(column)));
  if (!parts.empty()) return absl::OkStatus();
  return Broken(row.Int64(0), "a list of parts has none in it, and is not left out");
}

template <class Row>
absl::Status ReadMetadata(const Row& row, int column, std::map<std::string, std::string>& metadata) {
  metadata.clear();
  if (row.IsNull(column)) return absl::OkStatus();
  std::optional<std::map<std::string, std::string>> parsed = ParseMetadata(row.Text(column));
  if (!parsed || parsed->empty()) {
    return Broken(row.Int64(0), "metadata is not an object of texts with something in it");
  }
  metadata = *std::move(parsed);
  return absl::OkStatus();
}

// Keeps the memory of the texts that are there.
template <class Row>
void ReadReference(const Row& row, int column, std::optional<std::string>& reference) {
  if (row.IsNull(column)) {
    reference.reset();
  } else {
    if (!reference) reference.emplace();
    *reference = row.Text(column);
  }
}

template <class Row>
absl::Status ReadEntryFrom(const Row& row, TenantId tenant, Posted& posted) {
  Entry& entry = posted.entry;
  entry.tenant = tenant;
  entry.entry_id = row.Int64(0);
  const int32_t kind = row.Int32(1);
  if (kind < static_cast<int>(EntryKind::kCredit) || kind > static_cast<int>(EntryKind::kRevert)) {
    return Broken(entry.entry_id, fmt::format("unknown kind {}", kind));
  }
  entry.kind = static_cast<EntryKind>(kind);
  entry.unit = row.Text(2);
  entry.amount = row.Int64(3);
  entry.source = row.Text(4);
  entry.destination = row.Text(5);
  entry.source_balance = row.OptionalInt64(6);
  entry.destination_balance = row.OptionalInt64(7);
  ReadReference(row, 8, entry.reference_id);
  entry.description = row.IsNull(9) ? std::string_view() : row.Text(9);
  RETURN_IF_ERROR(ReadMetadata(row, 10, entry.metadata));
  entry.expires_at = row.OptionalTime(11);
  entry.reverts = row.OptionalInt64(12);
  entry.hold = row.OptionalInt64(13);
  RETURN_IF_ERROR(ReadParts(row, 14, entry.taken));
  RETURN_IF_ERROR(ReadParts(row, 15, entry.given));
  entry.actor = row.Text(16);
  entry.posted_at = row.Time(17);
  const std::optional<merkle::Hash> hash = merkle::FromBytes(row.Bytes(18));
  if (!hash) return Broken(entry.entry_id, "its hash is not 32 bytes");
  posted.hash = *hash;
  return absl::OkStatus();
}

}  // namespace

std::string MetadataText(const std::map<std::string, std::string>& metadata) {
  return metadata.empty() ? std::string() : nlohmann::json(metadata).dump();
}

absl::StatusOr<PostedPtr> EntryFromRow(TenantId tenant, const db::Row& row) {
  auto posted = std::make_shared<Posted>();
  RETURN_IF_ERROR(ReadEntryFrom(row, tenant, *posted));
  return posted;
}

absl::Status ReadEntry(TenantId tenant, const db::Copied& row, Posted& posted) {
  return ReadEntryFrom(row, tenant, posted);
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
