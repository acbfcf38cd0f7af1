#include "services/ledger/message/api_record.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pkg/crypto/crypto.h"
#include "pkg/rpc/fields.h"
#include "pkg/snowflake/id.h"
#include "pkg/status/status.h"

namespace smallbiznis::ledger {
namespace {

v1::Entry::Kind ToProto(EntryKind kind) {
  return static_cast<v1::Entry::Kind>(kind);  // one numbering
}

void ToProto(const std::vector<LotPart>& parts, google::protobuf::RepeatedPtrField<v1::LotPart>& out) {
  out.Reserve(static_cast<int>(parts.size()));
  for (const LotPart& part : parts) {
    v1::LotPart& message = *out.Add();
    const fmt::format_int lot(part.lot);
    message.set_lot_id(lot.data(), lot.size());
    message.set_amount(part.amount);
  }
}

template <size_t n>
std::string HexOf(const std::array<uint8_t, n>& bytes) {
  return crypto::Hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// Reads fields of one message and gathers which of them are not as they should be.
class FieldReader {
 public:
  explicit FieldReader(std::string_view prefix) : prefix_(prefix) {}

  void Add(std::string_view field, std::string_view problem) {
    all_.push_back({fmt::format("{}{}", prefix_, field), std::string(problem)});
  }
  int64_t Id(std::string_view field, std::string_view text) {
    const std::optional<int64_t> id = snowflake::ParseIdText(text);
    if (!id) Add(field, "must be a positive decimal number below 2^63");
    return id.value_or(0);
  }
  std::optional<int64_t> OptionalId(std::string_view field, std::string_view text) {
    return text.empty() ? std::nullopt : std::optional(Id(field, text));
  }
  absl::Time Time(std::string_view field, const google::protobuf::Timestamp& value) {
    const absl::StatusOr<absl::Time> time = rpc::ParseTime(field, value);
    if (!time.ok()) Add(field, "must be a time in the years 1 to 9999");
    return time.value_or(absl::UnixEpoch());
  }
  template <size_t n>
  void Hex(std::string_view field, std::string_view text, std::array<uint8_t, n>& out) {
    const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
    bool good = text.size() == 2 * n;
    for (size_t i = 0; good && i < n; ++i) {
      const int high = digit(text[2 * i]);
      const int low = digit(text[2 * i + 1]);
      good = high >= 0 && low >= 0;
      out[i] = static_cast<uint8_t>(high << 4 | low);
    }
    if (!good) Add(field, fmt::format("must be {} hexadecimal digits", 2 * n));
  }
  std::vector<LotPart> Parts(std::string_view field, const google::protobuf::RepeatedPtrField<v1::LotPart>& parts) {
    std::vector<LotPart> out;
    out.reserve(static_cast<size_t>(parts.size()));
    for (const v1::LotPart& part : parts) out.push_back({Id(field, part.lot_id()), part.amount()});
    return out;
  }

  absl::Status Verdict() const { return all_.empty() ? absl::OkStatus() : status::InvalidFields(all_); }

 private:
  const std::string prefix_;
  std::vector<status::FieldViolation> all_;
};

}  // namespace

void ToProto(const Entry& entry, const Hash& hash, v1::Entry& out) {
  out.set_tenant_id(entry.tenant.ToString());
  out.set_entry_id(fmt::format("{}", entry.entry_id));
  out.set_kind(ToProto(entry.kind));
  out.set_unit(entry.unit);
  out.set_amount(entry.amount);
  out.set_source(entry.source);
  out.set_destination(entry.destination);
  if (entry.source_balance) out.set_source_balance(*entry.source_balance);
  if (entry.destination_balance) out.set_destination_balance(*entry.destination_balance);
  if (entry.reference_id) out.set_reference_id(*entry.reference_id);
  out.set_description(entry.description);
  out.mutable_metadata()->insert(entry.metadata.begin(), entry.metadata.end());
  if (entry.expires_at) rpc::SetTime(*entry.expires_at, out.mutable_expire_time());
  if (entry.reverts) out.set_reverted_entry_id(fmt::format("{}", *entry.reverts));
  if (entry.hold) out.set_hold_id(fmt::format("{}", *entry.hold));
  ToProto(entry.taken, *out.mutable_taken());
  ToProto(entry.given, *out.mutable_given());
  out.set_actor(entry.actor);
  rpc::SetTime(entry.posted_at, out.mutable_post_time());
  out.set_hash(merkle::Hex(hash));
}

void ToProto(const SignedHead& head, v1::TreeHead& out) {
  out.set_tenant_id(head.head.tenant.ToString());
  out.set_size(head.head.size);
  out.set_root(merkle::Hex(head.head.root));
  out.set_chain(merkle::Hex(head.head.chain));
  rpc::SetTime(head.head.at, out.mutable_sign_time());
  out.set_key_id(head.key_id);
  out.set_public_key(HexOf(head.public_key));
  out.set_signature(HexOf(head.signature));
}

void ToProto(const Pause& pause, v1::Pause& out) {
  rpc::SetTime(pause.begin, out.mutable_begin_time());
  if (pause.end != absl::InfiniteFuture()) rpc::SetTime(pause.end, out.mutable_end_time());
}

absl::StatusOr<Pause> ParsePause(const v1::Pause& message) {
  Pause pause;
  ASSIGN_OR_RETURN(pause.begin, rpc::ParseTime("begin_time", message.begin_time()));
  if (message.has_end_time()) {
    ASSIGN_OR_RETURN(pause.end, rpc::ParseTime("end_time", message.end_time()));
  }
  return pause;
}

absl::StatusOr<SentEntry> ParseEntry(const v1::Entry& message) {
  FieldReader fields("");
  SentEntry sent;
  Entry& entry = sent.entry;
  entry.tenant = TenantId(fields.Id("tenant_id", message.tenant_id()));
  entry.entry_id = fields.Id("entry_id", message.entry_id());
  if (message.kind() < v1::Entry::CREDIT || message.kind() > v1::Entry::REVERT) fields.Add("kind", "is unknown");
  entry.kind = static_cast<EntryKind>(message.kind());
  entry.unit = message.unit();
  entry.amount = message.amount();
  entry.source = message.source();
  entry.destination = message.destination();
  if (message.has_source_balance()) entry.source_balance = message.source_balance();
  if (message.has_destination_balance()) entry.destination_balance = message.destination_balance();
  if (!message.reference_id().empty()) entry.reference_id = message.reference_id();
  entry.description = message.description();
  entry.metadata.insert(message.metadata().begin(), message.metadata().end());
  if (message.has_expire_time()) entry.expires_at = fields.Time("expire_time", message.expire_time());
  entry.reverts = fields.OptionalId("reverted_entry_id", message.reverted_entry_id());
  entry.hold = fields.OptionalId("hold_id", message.hold_id());
  entry.taken = fields.Parts("taken.lot_id", message.taken());
  entry.given = fields.Parts("given.lot_id", message.given());
  entry.actor = message.actor();
  entry.posted_at = fields.Time("post_time", message.post_time());
  fields.Hex("hash", message.hash(), sent.hash);
  RETURN_IF_ERROR(fields.Verdict());
  return sent;
}

absl::StatusOr<SignedHead> ParseTreeHead(const v1::TreeHead& message, std::string_view prefix) {
  FieldReader fields(prefix);
  SignedHead head{.key_id = message.key_id()};
  head.head.tenant = TenantId(fields.Id("tenant_id", message.tenant_id()));
  head.head.size = message.size();
  if (message.size() < 0) fields.Add("size", "must be 0 or more");
  fields.Hex("root", message.root(), head.head.root);
  fields.Hex("chain", message.chain(), head.head.chain);
  head.head.at = fields.Time("sign_time", message.sign_time());
  fields.Hex("public_key", message.public_key(), head.public_key);
  fields.Hex("signature", message.signature(), head.signature);
  RETURN_IF_ERROR(fields.Verdict());
  return head;
}

}  // namespace smallbiznis::ledger
