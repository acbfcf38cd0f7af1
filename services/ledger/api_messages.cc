#include "services/ledger/api_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "pkg/crypto/crypto.h"
#include "pkg/rpc/fields.h"
#include "pkg/snowflake/id.h"
#include "pkg/status/status.h"
#include "pkg/text/user_text.h"
#include "services/ledger/book/reason.h"

namespace smallbiznis::ledger {
namespace {

constexpr text::UserTextRules kMemberRules{.min_characters = 1, .max_characters = 128};
constexpr text::UserTextRules kDescriptionRules{.max_characters = 500};
constexpr text::UserTextRules kValueRules{.max_characters = 500};
constexpr text::UserTextRules kKeyRules{.min_characters = 1, .max_characters = 64};
constexpr size_t kMaxReferenceCharacters = 200;
constexpr int kMaxMetadataKeys = 50;
constexpr size_t kMaxMetadataBytes = 8 * 1024;

// Gathers what is wrong with the fields of one message.
class Fields {
 public:
  explicit Fields(std::string_view prefix) : prefix_(prefix) {}

  void Check(std::string_view field, std::string_view value, const text::UserTextRules& rules) {
    if (const auto problem = text::Problem(value, rules)) Add(field, *problem);
  }
  void Add(std::string_view field, std::string_view problem) {
    all_.push_back({fmt::format("{}{}", prefix_, field), std::string(problem)});
  }
  void Add(Reason reason, std::string_view field, std::string_view problem) {
    Add(field, problem);
    reason_ = reason;
  }

  // OK when nothing is wrong. One thing that has a reason of its own keeps it.
  absl::Status Verdict() const {
    if (all_.empty()) return absl::OkStatus();
    if (all_.size() == 1 && reason_) return FieldError(*reason_, all_[0].field, all_[0].description);
    return status::InvalidFields(all_);
  }

 private:
  const std::string prefix_;
  std::vector<status::FieldViolation> all_;
  std::optional<Reason> reason_;
};

void CheckAmount(int64_t amount, Fields& fields) {
  if (amount <= 0) fields.Add(Reason::kAmountNotPositive, "amount", "must be above 0");
}

template <class Map>
void CheckMetadata(const Map& metadata, Fields& fields) {
  if (metadata.size() > kMaxMetadataKeys) {
    fields.Add(Reason::kMetadataTooManyKeys, "metadata", fmt::format("must have at most {} keys", kMaxMetadataKeys));
    return;
  }
  size_t bytes = 0;
  for (const auto& [key, value] : metadata) bytes += key.size() + value.size();
  if (bytes > kMaxMetadataBytes) {
    fields.Add(Reason::kMetadataTooLarge, "metadata", fmt::format("must have at most {} bytes", kMaxMetadataBytes));
    return;
  }
  for (const auto& [key, value] : metadata) {
    if (const auto problem = text::Problem(key, kKeyRules)) fields.Add("metadata", fmt::format("a key {}", *problem));
    if (const auto problem = text::Problem(value, kValueRules)) {
      fields.Add("metadata", fmt::format("a value {}", *problem));
    }
  }
}

void CheckReference(std::string_view reference, Fields& fields) {
  if (reference.size() > 4 * kMaxReferenceCharacters) {
    fields.Add(Reason::kReferenceTooLong, "reference_id",
               fmt::format("must have at most {} characters", kMaxReferenceCharacters));
    return;
  }
  const text::UserTextRules unbounded{.max_characters = static_cast<int>(reference.size())};
  if (const auto problem = text::Problem(reference, unbounded)) {
    fields.Add("reference_id", *problem);
  } else if (text::Problem(reference, {.max_characters = kMaxReferenceCharacters})) {
    fields.Add(Reason::kReferenceTooLong, "reference_id",
               fmt::format("must have at most {} characters", kMaxReferenceCharacters));
  }
}

// A unit's name: 2 to 16 of [A-Z0-9_], a letter first.
bool IsUnit(std::string_view unit) {
  const auto letter = [](char c) { return c >= 'A' && c <= 'Z'; };
  return unit.size() >= 2 && unit.size() <= 16 && letter(unit[0]) &&
         std::all_of(unit.begin(), unit.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

std::string UnitOr(std::string_view unit, Fields& fields) {
  if (unit.empty()) return std::string(kDefaultUnit);
  if (!IsUnit(unit)) fields.Add("unit", "must be 2 to 16 of A-Z, 0-9 and _, a letter first");
  return std::string(unit);
}

template <class Message>
std::optional<absl::Time> ExpiryOr(const Message& message, Fields& fields) {
  if (!message.has_expire_time()) return std::nullopt;
  const absl::StatusOr<absl::Time> time = rpc::ParseTime("expire_time", message.expire_time());
  if (time.ok()) return *time;
  fields.Add("expire_time", "must be a time in the years 1 to 9999");
  return std::nullopt;
}

template <class Message>
Note NoteOf(const Message& message, Fields& fields) {
  CheckReference(message.reference_id(), fields);
  fields.Check("description", message.description(), kDescriptionRules);
  CheckMetadata(message.metadata(), fields);
  Note note{.description = message.description()};
  if (!message.reference_id().empty()) note.reference_id = message.reference_id();
  note.metadata.insert(message.metadata().begin(), message.metadata().end());
  return note;
}

template <class Message>
AccountKey AccountOf(const Message& message, Fields& fields) {
  fields.Check("member_id", message.member_id(), kMemberRules);
  return {UnitOr(message.unit(), fields), message.member_id()};
}

template <class Message>
absl::StatusOr<Command> ParseEntry(const Message& message, std::string_view prefix) {
  Fields fields(prefix);
  const AccountKey account = AccountOf(message, fields);
  CheckAmount(message.amount(), fields);
  Note note = NoteOf(message, fields);
  const std::optional<absl::Time> expires_at = ExpiryOr(message, fields);
  Command command;
  switch (message.direction()) {
    case v1::CREDIT:
      command.action = Credit{account, message.amount(), expires_at, std::move(note)};
      break;
    case v1::DEBIT:
      if (expires_at) fields.Add("expire_time", "is for a CREDIT only");
      command.action = Debit{account, message.amount(), std::move(note)};
      break;
    default:
      fields.Add("direction", "must be CREDIT or DEBIT");
  }
  RETURN_IF_ERROR(fields.Verdict());
  return command;
}

v1::Hold::State ToProto(HoldState state) {
  switch (state) {
    case HoldState::kOpen:
      return v1::Hold::OPEN;
    case HoldState::kCaptured:
      return v1::Hold::CAPTURED;
    case HoldState::kVoided:
      return v1::Hold::VOIDED;
    case HoldState::kExpired:
      return v1::Hold::EXPIRED;
  }
  std::abort();
}

}  // namespace

absl::StatusOr<Command> ParseAddEntry(const v1::AddEntryRequest& request) {
  return ParseEntry(request, "");
}

absl::StatusOr<Command> ParseNewEntry(const v1::NewEntry& entry, std::string_view prefix) {
  return ParseEntry(entry, prefix);
}

absl::StatusOr<Command> ParseTransfer(const v1::TransferRequest& request) {
  Fields fields("");
  fields.Check("from_member_id", request.from_member_id(), kMemberRules);
  fields.Check("to_member_id", request.to_member_id(), kMemberRules);
  CheckAmount(request.amount(), fields);
  Transfer transfer{.unit = UnitOr(request.unit(), fields),
                    .from = request.from_member_id(),
                    .to = request.to_member_id(),
                    .amount = request.amount(),
                    .note = NoteOf(request, fields)};
  RETURN_IF_ERROR(fields.Verdict());
  return Command{.action = std::move(transfer)};
}

absl::StatusOr<Command> ParseHold(const v1::HoldRequest& request) {
  Fields fields("");
  Hold hold{.account = AccountOf(request, fields), .amount = request.amount()};
  CheckAmount(request.amount(), fields);
  hold.note = NoteOf(request, fields);
  hold.expires_at = ExpiryOr(request, fields);
  RETURN_IF_ERROR(fields.Verdict());
  return Command{.action = std::move(hold)};
}

absl::StatusOr<AccountKey> ParseAccount(std::string_view member_id, std::string_view unit) {
  Fields fields("");
  fields.Check("member_id", member_id, kMemberRules);
  AccountKey key{UnitOr(unit, fields), std::string(member_id)};
  RETURN_IF_ERROR(fields.Verdict());
  return key;
}

absl::StatusOr<std::string> ParseUnit(std::string_view unit) {
  Fields fields("");
  std::string name = UnitOr(unit, fields);
  RETURN_IF_ERROR(fields.Verdict());
  return name;
}

absl::StatusOr<int64_t> ParseNumber(std::string_view field, std::string_view text) {
  const std::optional<int64_t> number = snowflake::ParseIdText(text);
  if (!number) return status::InvalidField(field, "must be the number of an entry: 1 or more, decimal");
  return *number;
}

void ToProto(const HoldRecord& hold, v1::Hold& out) {
  out.set_hold_id(fmt::format("{}", hold.hold_id));
  out.set_member_id(hold.account.member);
  out.set_unit(hold.account.unit);
  out.set_amount(hold.amount);
  out.set_state(ToProto(hold.state));
  out.set_captured(hold.captured);
  if (hold.expires_at) rpc::SetTime(*hold.expires_at, out.mutable_expire_time());
}

void ToProto(const AccountView& account, v1::Account& out) {
  out.set_member_id(account.key.member);
  out.set_unit(account.key.unit);
  out.set_balance(account.balance);
  out.set_held(account.held);
  out.set_available(account.available);
  out.set_floor(account.floor);
  out.set_closed(account.closed);
}

void ToProto(const Liability& report, v1::LiabilityReport& out) {
  out.set_unit(report.unit);
  rpc::SetTime(report.as_of, out.mutable_as_of_time());
  out.set_issued(report.issued);
  out.set_outstanding(report.outstanding);
  out.set_redeemed(report.redeemed);
  out.set_expired(report.expired);
  out.set_forfeited(report.forfeited);
  out.set_held(report.held);
  for (const Month& month : report.expiring) {
    v1::LiabilityReport::Month& message = *out.add_expiring();
    message.set_month(month.month);
    message.set_amount(month.amount);
  }
  out.set_never_expiring(report.never_expiring);
}

void ToProto(const StoredKey& key, v1::SigningKey& out) {
  out.set_key_id(key.key_id);
  out.set_public_key(crypto::Hex(key.public_key));
  rpc::SetTime(key.created_at, out.mutable_create_time());
}

}  // namespace smallbiznis::ledger
