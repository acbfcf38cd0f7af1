#include "services/ledger/book/bookkeeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <variant>

#include "pkg/status/status.h"
#include "services/ledger/book/reason.h"
#include "services/ledger/record/encoding.h"

namespace smallbiznis::ledger {
namespace {

constexpr std::string_view kIssuance = "issuance";
constexpr std::string_view kRedemption = "redemption";
constexpr std::string_view kExpiry = "expiry";
constexpr std::string_view kBreakage = "breakage";

void Annotate(Entry& entry, const Note& note) {
  entry.reference_id = note.reference_id;
  entry.description = note.description;
  entry.metadata = note.metadata;
}

// Whether an entry is what is asked for: everything that a caller chooses.
bool SameContent(const Entry& posted, const Entry& asked) {
  return posted.kind == asked.kind && posted.unit == asked.unit && posted.amount == asked.amount &&
         posted.source == asked.source && posted.destination == asked.destination &&
         posted.description == asked.description && posted.metadata == asked.metadata &&
         posted.expires_at == asked.expires_at;
}

// The entry that has the reference already, if any.
absl::StatusOr<PostedPtr> FindReference(const Book& book, const Entry& asked) {
  if (!asked.reference_id) return nullptr;
  const auto known = book.references.find(*asked.reference_id);
  if (known == book.references.end()) return nullptr;
  if (SameContent(known->second->entry, asked)) return known->second;
  return Error(Reason::kReferenceConflict,
               fmt::format("reference_id: names entry {}, which has other content", known->second->entry.entry_id));
}

absl::Status EndedAs(HoldState state) {
  switch (state) {
    case HoldState::kOpen:
      return absl::OkStatus();
    case HoldState::kCaptured:
      return Error(Reason::kHoldCaptured);
    case HoldState::kVoided:
      return Error(Reason::kHoldVoided);
    case HoldState::kExpired:
      return Error(Reason::kHoldExpired);
  }
  std::abort();
}

}  // namespace

Bookkeeper::Bookkeeper(Book& book, absl::Time now)
    : book_(book), now_(std::max(now, book.chain.last_posted_at)), own_now_(book.pauses.OwnTime(now_)) {}

absl::StatusOr<PostedPtr> Bookkeeper::Do(const Command& command) {
  return std::visit([&](const auto& action) { return Do(command.actor, action); }, command.action);
}

std::vector<absl::StatusOr<PostedPtr>> Bookkeeper::DoAll(std::span<const Command> commands) {
  std::vector<std::pair<AccountKey, Account>> accounts;
  for (const Command& command : commands) {
    const auto* credit = std::get_if<Credit>(&command.action);
    const AccountKey& key = credit ? credit->account : std::get<Debit>(command.action).account;
    accounts.emplace_back(key, book_.accounts.at(key));
  }
  const Chain chain = book_.chain;
  const std::map<std::string, Unit> units = book_.units;
  const auto holds = book_.holds;
  const Changes changes = changes_;

  std::vector<absl::StatusOr<PostedPtr>> results;
  for (const Command& command : commands) {
    results.push_back(Do(command));
    if (!results.back().ok()) break;
  }
  if (results.size() == commands.size() && (results.empty() || results.back().ok())) return results;

  for (size_t i = changes.entries.size(); i < changes_.entries.size(); ++i) {
    const std::optional<std::string>& reference = changes_.entries[i]->entry.reference_id;
    if (reference) book_.references.erase(*reference);
  }
  for (auto& [key, account] : accounts) book_.accounts.at(key) = std::move(account);
  book_.chain = chain;
  book_.units = units;
  book_.holds = holds;
  changes_ = changes;
  for (size_t i = 0; i + 1 < results.size(); ++i) results[i] = Error(Reason::kBatchRefused);
  results.resize(commands.size(), Error(Reason::kBatchRefused));
  return results;
}

Bookkeeper::Result Bookkeeper::Do(const std::string& actor, const Credit& credit) {
  Entry entry = Draft(actor, EntryKind::kCredit, credit.amount);
  entry.unit = credit.account.unit;
  entry.source = kIssuance;
  entry.destination = MemberAccount(credit.account.member);
  entry.expires_at = credit.expires_at;
  Annotate(entry, credit.note);
  ASSIGN_OR_RETURN(const PostedPtr first, FindReference(book_, entry));
  if (first) return first;
  RETURN_IF_ERROR(CheckUnit(entry.unit));
  Account& account = book_.accounts.at(credit.account);
  if (account.closed) return Error(Reason::kAccountClosed);
  if (entry.expires_at && *entry.expires_at <= now_) {
    return FieldError(Reason::kExpiryNotInFuture, "expire_time", "must be in the future");
  }
  RETURN_IF_ERROR(Move(entry));
  entry.given = {{entry.entry_id, entry.amount}};
  const absl::Time due = entry.expires_at.value_or(absl::InfiniteFuture());
  account.lots.Give(entry.given.front(), book_.pauses.OwnDue(due, now_), entry.entry_id);
  changes_.accounts.insert(credit.account);
  return Append(std::move(entry));
}

Bookkeeper::Result Bookkeeper::Do(const std::string& actor, const Debit& debit) {
  Entry entry = Draft(actor, EntryKind::kDebit, debit.amount);
  entry.unit = debit.account.unit;
  entry.source = MemberAccount(debit.account.member);
  entry.destination = kRedemption;
  Annotate(entry, debit.note);
  ASSIGN_OR_RETURN(const PostedPtr first, FindReference(book_, entry));
  if (first) return first;
  ASSIGN_OR_RETURN(Account* const account, OpenAccount(debit.account));
  RETURN_IF_ERROR(CheckAvailable(*account, entry.amount));
  RETURN_IF_ERROR(Move(entry));
  Record(entry, account->lots.Take(entry.amount, own_now_));
  return Append(std::move(entry));
}

Bookkeeper::Result Bookkeeper::Do(const std::string& actor, const Transfer& transfer) {
  const AccountKey from{transfer.unit, transfer.from};
  const AccountKey to{transfer.unit, transfer.to};
  Entry entry = Draft(actor, EntryKind::kTransfer, transfer.amount);
  entry.unit = transfer.unit;
  entry.source = MemberAccount(transfer.from);
  entry.destination = MemberAccount(transfer.to);
  Annotate(entry, transfer.note);
  if (from == to) return FieldError(Reason::kTransferToSelf, "to_member_id", "must be another member");
  ASSIGN_OR_RETURN(const PostedPtr first, FindReference(book_, entry));
  if (first) return first;
  ASSIGN_OR_RETURN(Account* const source, OpenAccount(from));
  Account& destination = book_.accounts.at(to);
  if (destination.closed) return Error(Reason::kAccountClosed);
  RETURN_IF_ERROR(CheckAvailable(*source, entry.amount));
  entry.entry_id = NextId();  // what had expired may have come first
  RETURN_IF_ERROR(Move(entry));
  const std::vector<ExpiringPart> parts = source->lots.Take(entry.amount, own_now_);
  for (const ExpiringPart& each : parts) destination.lots.Give(each.part, each.expires_at, entry.entry_id);
  Record(entry, parts);
  entry.given = entry.taken;
  changes_.accounts.insert(to);
  return Append(std::move(entry));
}

Bookkeeper::Result Bookkeeper::Do(const std::string& actor, const Hold& hold) {
  Entry entry = Draft(actor, EntryKind::kHold, hold.amount);
  entry.unit = hold.account.unit;
  entry.source = MemberAccount(hold.account.member);
  entry.destination = kRedemption;
  entry.expires_at = hold.expires_at;
  Annotate(entry, hold.note);
  ASSIGN_OR_RETURN(const PostedPtr first, FindReference(book_, entry));
  if (first) return first;
  ASSIGN_OR_RETURN(Account* const account, OpenAccount(hold.account));
  if (entry.expires_at && *entry.expires_at <= now_) {
    return FieldError(Reason::kExpiryNotInFuture, "expire_time", "must be in the future");
  }
  if (account->open_holds.size() >= kMaxOpenHolds) return Error(Reason::kTooManyHolds);
  RETURN_IF_ERROR(CheckAvailable(*account, entry.amount));
  entry.entry_id = NextId();  // what had expired may have come first
  entry.source_balance = account->balance;
  HoldRecord record{.hold_id = entry.entry_id, .account = hold.account, .amount = entry.amount};
  if (entry.expires_at) record.expires_at = book_.pauses.OwnDue(*entry.expires_at, now_);
  account->open_holds.emplace(record.hold_id, record);
  book_.holds[record.hold_id] = record;
  changes_.holds.push_back(record);
  return Append(std::move(entry));
}

Bookkeeper::Result Bookkeeper::Do(const std::string& actor, const Capture& capture) {
  const auto found = book_.holds.find(capture.hold);
  if (found == book_.holds.end()) return Error(Reason::kHoldNotFound);
  const AccountKey key = found->second.account;
  RETURN_IF_ERROR(EndedAs(found->second.state));
  ASSIGN_OR_RETURN(Account* const account, OpenAccount(key));
  HoldRecord& hold = book_.holds.at(capture.hold);
  RETURN_IF_ERROR(EndedAs(hold.state));  // it may have expired
  Entry entry = Draft(actor, EntryKind::kCapture, capture.amount.value_or(hold.amount));
  if (entry.amount > hold.amount) {
    return Error(Reason::kCaptureExceedsHold,
                 fmt::format("amount: {} is above the {} that are held", entry.amount, hold.amount));
  }
  entry.unit = key.unit;
  entry.source = MemberAccount(key.member);
  entry.destination = kRedemption;
  entry.hold = hold.hold_id;
  RETURN_IF_ERROR(Move(entry));
  Record(entry, account->lots.TakeAny(entry.amount));
  EndHold(hold, HoldState::kCaptured, entry.amount);
  return Append(std::move(entry));
}

Bookkeeper::Result Bookkeeper::Do(const std::string& actor, const Void& release) {
  const auto found = book_.holds.find(release.hold);
  if (found == book_.holds.end()) return Error(Reason::kHoldNotFound);
  const AccountKey key = found->second.account;
  RETURN_IF_ERROR(EndedAs(found->second.state));
  RETURN_IF_ERROR(SettleAccount(key));
  HoldRecord& hold = book_.holds.at(release.hold);
  RETURN_IF_ERROR(EndedAs(hold.state));  // it may have expired
  Entry entry = Draft(actor, EntryKind::kVoid, hold.amount);
  entry.unit = key.unit;
  entry.source = kRedemption;
  entry.destination = MemberAccount(key.member);
  entry.destination_balance = book_.accounts.at(key).balance;
  entry.hold = hold.hold_id;
  EndHold(hold, HoldState::kVoided, 0);
  return Append(std::move(entry));
}

Bookkeeper::Result Bookkeeper::Do(const std::string& actor, const Revert& revert) {
  const auto found = book_.earlier.find(revert.entry);
  if (found == book_.earlier.end()) return Error(Reason::kEntryNotFound);
  Book::Earlier& earlier = found->second;
  const Entry& original = earlier.posted->entry;
  if (original.kind == EntryKind::kRevert) return Error(Reason::kRevertOfRevert);
  if (earlier.reverted) return Error(Reason::kEntryAlreadyReverted);
  Entry entry = Draft(actor, EntryKind::kRevert, original.amount);
  entry.unit = original.unit;
  entry.source = original.destination;
  entry.destination = original.source;
  entry.description = revert.reason;
  entry.reverts = original.entry_id;
  absl::StatusOr<PostedPtr> posted = [&]() -> Result {
    switch (original.kind) {
      case EntryKind::kCredit:
        return RevertOfCredit(std::move(entry), earlier);
      case EntryKind::kDebit:
      case EntryKind::kCapture:
        return RevertOfSpend(std::move(entry), earlier);
      case EntryKind::kTransfer:
        return RevertOfTransfer(std::move(entry), earlier);
      case EntryKind::kHold:
      case EntryKind::kVoid:
      case EntryKind::kExpiry:
      case EntryKind::kForfeit:
      case EntryKind::kRevert:
        return Error(Reason::kEntryNotRevertible);
    }
    std::abort();
  }();
  if (posted.ok()) earlier.reverted = true;
  return posted;
}

// What was given is taken back: out of the very lot, and what of it is gone out of others.
Bookkeeper::Result Bookkeeper::RevertOfCredit(Entry entry, const Book::Earlier& earlier) {
  ASSIGN_OR_RETURN(Account* const account, OpenAccount({entry.unit, std::string(MemberOf(entry.source))}));
  RETURN_IF_ERROR(CheckAvailable(*account, entry.amount));
  RETURN_IF_ERROR(Move(entry));
  Record(entry, account->lots.Take(entry.amount, own_now_, earlier.posted->entry.given));
  return Append(std::move(entry));
}

// The very lots are given back.
Bookkeeper::Result Bookkeeper::RevertOfSpend(Entry entry, const Book::Earlier& earlier) {
  const AccountKey key{entry.unit, std::string(MemberOf(entry.destination))};
  Account& account = book_.accounts.at(key);
  if (account.closed) return Error(Reason::kAccountClosed);
  RETURN_IF_ERROR(Move(entry));
  entry.given = earlier.posted->entry.taken;
  for (size_t i = 0; i < entry.given.size(); ++i) {
    account.lots.Give(entry.given[i], earlier.expiries[i], entry.entry_id);
  }
  changes_.accounts.insert(key);
  return Append(std::move(entry));
}

Bookkeeper::Result Bookkeeper::RevertOfTransfer(Entry entry, const Book::Earlier& earlier) {
  const AccountKey to{entry.unit, std::string(MemberOf(entry.destination))};
  ASSIGN_OR_RETURN(Account* const source, OpenAccount({entry.unit, std::string(MemberOf(entry.source))}));
  Account& destination = book_.accounts.at(to);
  if (destination.closed) return Error(Reason::kAccountClosed);
  RETURN_IF_ERROR(CheckAvailable(*source, entry.amount));
  entry.entry_id = NextId();  // what had expired may have come first
  RETURN_IF_ERROR(Move(entry));
  Record(entry, source->lots.Take(entry.amount, own_now_, earlier.posted->entry.given));
  entry.given = earlier.posted->entry.taken;
  for (size_t i = 0; i < entry.given.size(); ++i) {
    destination.lots.Give(entry.given[i], earlier.expiries[i], entry.entry_id);
  }
  changes_.accounts.insert(to);
  return Append(std::move(entry));
}

Bookkeeper::Result Bookkeeper::Do(const std::string&, const SetFloor& set) {
  RETURN_IF_ERROR(CheckUnit(set.account.unit));
  Account& account = book_.accounts.at(set.account);
  if (account.closed) return Error(Reason::kAccountClosed);
  account.floor = set.floor;
  changes_.settings.insert(set.account);
  return nullptr;
}

Bookkeeper::Result Bookkeeper::Do(const std::string& actor, const Close& close) {
  ASSIGN_OR_RETURN(Account* const account, OpenAccount(close.account));
  if (!account->open_holds.empty()) {
    return Error(Reason::kAccountNotEmpty, "the account has open holds: capture or void them first");
  }
  if (account->balance > 0 && !close.forfeit) {
    return Error(Reason::kAccountNotEmpty,
                 fmt::format("the account holds {}: spend them, or close it with forfeit", account->balance));
  }
  PostedPtr forfeited;
  if (account->balance > 0) {
    Entry entry = Draft(actor, EntryKind::kForfeit, account->balance);
    entry.unit = close.account.unit;
    entry.source = MemberAccount(close.account.member);
    entry.destination = kBreakage;
    RETURN_IF_ERROR(Move(entry));
    Record(entry, account->lots.Take(entry.amount, own_now_));
    forfeited = Append(std::move(entry));
  }
  account->closed = true;
  changes_.settings.insert(close.account);
  return forfeited;
}

Bookkeeper::Result Bookkeeper::Do(const std::string&, const Settle& settle) {
  RETURN_IF_ERROR(SettleAccount(settle.account));
  return nullptr;
}

absl::Status Bookkeeper::SettleAccount(const AccountKey& key) {
  Account& account = book_.accounts.at(key);
  for (auto each = account.open_holds.begin(); each != account.open_holds.end();) {
    HoldRecord hold = (each++)->second;  // its end takes it out of the map
    if (!hold.expires_at || *hold.expires_at > own_now_) continue;
    Entry entry = Draft(std::string(kSystemActor), EntryKind::kVoid, hold.amount);
    entry.unit = key.unit;
    entry.source = kRedemption;
    entry.destination = MemberAccount(key.member);
    entry.destination_balance = account.balance;
    entry.hold = hold.hold_id;
    EndHold(hold, HoldState::kExpired, 0);
    Append(std::move(entry));
  }
  while (const std::optional<ExpiringPart> lot = account.lots.FirstExpired(own_now_)) {
    // What is on hold may still be captured: it expires when its hold ends.
    const int64_t amount = std::min(lot->part.amount, account.balance - account.held());
    if (amount == 0) break;
    Entry entry = Draft(std::string(kSystemActor), EntryKind::kExpiry, amount);
    entry.unit = key.unit;
    entry.source = MemberAccount(key.member);
    entry.destination = kExpiry;
    RETURN_IF_ERROR(Move(entry));
    account.lots.TakeExpired(amount);
    Record(entry, std::vector<ExpiringPart>{{{lot->part.lot, amount}, lot->expires_at}});
    Append(std::move(entry));
  }
  return absl::OkStatus();
}

absl::StatusOr<Account*> Bookkeeper::OpenAccount(const AccountKey& key) {
  RETURN_IF_ERROR(CheckUnit(key.unit));
  Account& account = book_.accounts.at(key);
  if (account.closed) return Error(Reason::kAccountClosed);
  RETURN_IF_ERROR(SettleAccount(key));
  return &account;
}

absl::Status Bookkeeper::CheckUnit(const std::string& unit) const {
  if (book_.units.contains(unit)) return absl::OkStatus();
  return status::WithFields(Error(Reason::kUnitUnknown, fmt::format("unit: the tenant's ledger has no unit {}", unit)),
                            {{"unit", "is not one of the tenant's units"}});
}

absl::Status Bookkeeper::CheckAvailable(const Account& account, int64_t amount) const {
  const int64_t available = std::max<int64_t>(account.balance - account.held() - account.floor, 0);
  if (amount <= available) return absl::OkStatus();
  return Error(Reason::kInsufficientBalance,
               fmt::format("amount: {} is above the {} that are available", amount, available));
}

Entry Bookkeeper::Draft(const std::string& actor, EntryKind kind, int64_t amount) const {
  Entry entry;
  entry.tenant = book_.tenant;
  entry.entry_id = NextId();  // what had expired may have come first
  entry.kind = kind;
  entry.amount = amount;
  entry.actor = actor;
  entry.posted_at = now_;
  return entry;
}

absl::Status Bookkeeper::Move(Entry& entry) {
  int64_t& source = BalanceOf(entry, entry.source);
  int64_t& destination = BalanceOf(entry, entry.destination);
  int64_t source_after = 0;
  int64_t destination_after = 0;
  if (__builtin_sub_overflow(source, entry.amount, &source_after) ||
      __builtin_add_overflow(destination, entry.amount, &destination_after)) {
    return Error(Reason::kAmountTooLarge);
  }
  source = source_after;
  destination = destination_after;
  if (!MemberOf(entry.source).empty()) entry.source_balance = source_after;
  if (!MemberOf(entry.destination).empty()) entry.destination_balance = destination_after;
  changes_.units.insert(entry.unit);
  return absl::OkStatus();
}

int64_t& Bookkeeper::BalanceOf(const Entry& entry, const std::string& account) {
  const std::string_view member = MemberOf(account);
  if (!member.empty()) return book_.accounts.at({entry.unit, std::string(member)}).balance;
  Unit& unit = book_.units.at(entry.unit);
  if (account == kIssuance) return unit.issuance;
  if (account == kRedemption) return unit.redemption;
  if (account == kExpiry) return unit.expiry;
  return unit.breakage;
}

void Bookkeeper::Record(Entry& entry, std::span<const ExpiringPart> parts) {
  entry.taken.reserve(parts.size());
  for (const ExpiringPart& each : parts) entry.taken.push_back(each.part);
  changes_.accounts.insert({entry.unit, std::string(MemberOf(entry.source))});
}

void Bookkeeper::EndHold(HoldRecord& hold, HoldState state, int64_t captured) {
  hold.state = state;
  hold.captured = captured;
  book_.accounts.at(hold.account).open_holds.erase(hold.hold_id);
  book_.holds[hold.hold_id] = hold;
  changes_.holds.push_back(hold);
}

PostedPtr Bookkeeper::Append(Entry entry) {
  Chain& chain = book_.chain;
  entry.entry_id = NextId();
  auto posted = std::make_shared<Posted>();
  posted->hash = EntryHash(entry, chain.head);
  posted->entry = std::move(entry);
  chain.head = posted->hash;
  chain.last_posted_at = now_;
  ++chain.size;
  chain.tree.Append(merkle::LeafHash(merkle::Bytes(posted->hash)), changes_.tiles);
  if (posted->entry.reference_id) book_.references[*posted->entry.reference_id] = posted;
  changes_.entries.push_back(posted);
  return posted;
}

}  // namespace smallbiznis::ledger
