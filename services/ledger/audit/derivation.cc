#include "services/ledger/audit/derivation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "absl/hash/hash.h"
#include "pkg/text/view.h"
#include "services/ledger/audit/shape.h"
#include "services/ledger/record/encoding.h"

namespace smallbiznis::ledger {
namespace {

int64_t Micros(const std::optional<absl::Time>& time, int64_t never) {
  return time ? absl::ToUnixMicros(*time) : never;
}

bool IsSpend(EntryKind kind) {
  return kind == EntryKind::kDebit || kind == EntryKind::kTransfer || kind == EntryKind::kForfeit;
}

}  // namespace

std::optional<std::string> Derivation::Apply(const Entry& entry) {
  if (entry.posted_at < last_posted_at_) return "it was posted before the entry before it";
  last_posted_at_ = entry.posted_at;
  own_now_ = pauses_.OwnTime(entry.posted_at);
  const AccountIndex source = Find(entry.unit, entry.source);
  const AccountIndex destination = Find(entry.unit, entry.destination);
  if (entry.kind == EntryKind::kRevert) {
    if (Problem problem = CheckRevert(entry, source, destination)) return problem;
  }
  if (entry.kind == EntryKind::kCapture) {
    if (Problem problem = EndHold(entry, source)) return problem;
  }
  if (entry.kind == EntryKind::kVoid) {
    if (Problem problem = EndHold(entry, destination)) return problem;
  }
  if (entry.kind == EntryKind::kHold) {
    if (Problem problem = OpenNewHold(entry, source)) return problem;
  }
  Remember(entry, source, destination);
  if (Moves(entry.kind)) {
    if (Problem problem = Move(entry, source, destination)) return problem;
  }
  return CheckBalances(entry, source, destination);
}

void Derivation::ForEachAccount(absl::FunctionRef<void(const DerivedAccount&)> visit) const {
  for (const Account& account : accounts_) {
    DerivedAccount derived{
        .unit = account.unit, .account = account.name, .balance = account.balance, .held = account.held};
    for (const auto& [key, remaining] : account.lots) {
      derived.lots.push_back({.lot = key.lot,
                              .remaining = remaining,
                              .expires_at = key.expires_at == kNever
                                                ? std::nullopt
                                                : std::optional(absl::FromUnixMicros(key.expires_at))});
    }
    visit(derived);
  }
}

int64_t Derivation::PartsDetail(const std::vector<LotPart>& parts) {
  if (parts.size() <= 1) return parts.empty() ? 0 : parts.front().lot;
  const Hash hash = merkle::Sha256(EncodeParts(parts));
  int64_t detail = 0;
  std::memcpy(&detail, hash.data(), sizeof detail);
  // No lot has a number below 0.
  return detail | std::numeric_limits<int64_t>::min();
}

size_t Derivation::ByNames::operator()(const auto& key) const {
  const auto [unit, account] = Of(key);
  return absl::HashOf(text::ToAbsl(unit), text::ToAbsl(account));
}

Derivation::AccountIndex Derivation::Find(std::string_view unit, std::string_view account) {
  if (const auto found = by_names_.find(Names(unit, account)); found != by_names_.end()) return *found;
  const auto index = static_cast<AccountIndex>(accounts_.size());
  accounts_.push_back({.unit = std::string(unit), .name = std::string(account)});
  by_names_.insert(index);
  return index;
}

bool Derivation::IsLot(int64_t lot, const Entry& entry) const {
  return lot >= 1 && lot < entry.entry_id && KindOf(lot) == EntryKind::kCredit;
}

Derivation::Problem Derivation::Move(const Entry& entry, AccountIndex source, AccountIndex destination) {
  Account& from = accounts_[source];
  Account& to = accounts_[destination];
  if (__builtin_sub_overflow(from.balance, entry.amount, &from.balance) ||
      __builtin_add_overflow(to.balance, entry.amount, &to.balance)) {
    return "a balance leaves 64 bits";
  }
  if (Problem problem = Take(entry, from)) return problem;
  if (from.held > from.balance && entry.source_balance) {
    return fmt::format("it takes points that are on hold: {} holds {} of {}", entry.source, from.held, from.balance);
  }
  Give(entry.given, to);
  return std::nullopt;
}

Derivation::Problem Derivation::CheckBalances(const Entry& entry, AccountIndex source, AccountIndex destination) const {
  const auto check = [&](const std::optional<int64_t>& stated, const Account& account) -> Problem {
    if (!stated || *stated == account.balance) return std::nullopt;
    return fmt::format("it says that {} holds {} after it, but its entries make {}", account.name, *stated,
                       account.balance);
  };
  if (Problem problem = check(entry.source_balance, accounts_[source])) return problem;
  return check(entry.destination_balance, accounts_[destination]);
}

Derivation::Problem Derivation::Take(const Entry& entry, Account& account) {
  int64_t last_expiry = std::numeric_limits<int64_t>::min();
  for (const LotPart& part : entry.taken) {
    if (!IsLot(part.lot, entry)) {
      return fmt::format("it takes from lot {}, which no CREDIT before it has opened", part.lot);
    }
    const LotKey key{.expires_at = past_[part.lot - 1].detail, .lot = part.lot};
    const auto open = account.lots.find(key);
    if (open == account.lots.end() || open->second < part.amount) {
      return fmt::format("it takes {} from lot {}, of which {} has {}", part.amount, part.lot, entry.source,
                         open == account.lots.end() ? 0 : open->second);
    }
    open->second -= part.amount;
    if (open->second == 0) account.lots.erase(open);
    last_expiry = std::max(last_expiry, key.expires_at);
    const bool expired = key.expires_at <= absl::ToUnixMicros(own_now_);
    if (IsSpend(entry.kind) && expired) return fmt::format("it spends lot {}, which had expired", part.lot);
    if (entry.kind == EntryKind::kExpiry && !expired) {
      return fmt::format("it closes lot {}, which had not expired", part.lot);
    }
  }
  if (IsSpend(entry.kind)) return CheckSpend(account, last_expiry);
  if (entry.kind == EntryKind::kRevert) return CheckTakenBack(entry, account);
  return std::nullopt;
}

// The earliest expiry first: nothing is left that expires earlier than what was taken.
Derivation::Problem Derivation::CheckSpend(const Account& account, int64_t last_expiry) const {
  const LotKey after_expired{.expires_at = absl::ToUnixMicros(own_now_), .lot = kNever};
  const auto left = account.lots.upper_bound(after_expired);
  if (left == account.lots.end() || left->first.expires_at >= last_expiry) return std::nullopt;
  return fmt::format("it leaves {} of lot {}, which expires earlier than what it takes", left->second, left->first.lot);
}

Derivation::Problem Derivation::CheckRevert(const Entry& entry, AccountIndex source, AccountIndex destination) {
  const int64_t id = *entry.reverts;
  if (id < 1 || id >= entry.entry_id) return fmt::format("it reverts entry {}, which is not before it", id);
  const EntryKind kind = KindOf(id);
  const bool can_be = kind == EntryKind::kCredit || kind == EntryKind::kDebit || kind == EntryKind::kTransfer ||
                      kind == EntryKind::kCapture;
  if (!can_be) return fmt::format("it reverts entry {}, which is a {}", id, Name(kind));
  if (reverted_[id - 1]) return fmt::format("it reverts entry {}, which had been reverted before", id);
  const Past& past = past_[id - 1];
  if (past.source != destination || past.destination != source) {
    return fmt::format("it reverts entry {}, but not between the same accounts of the same unit", id);
  }
  if (past.amount != entry.amount) return fmt::format("it reverts entry {}, which moved {}", id, past.amount);
  if (kind != EntryKind::kCredit && past.detail != PartsDetail(entry.given)) {
    return fmt::format("it does not give back the very parts that entry {} took", id);
  }
  for (const LotPart& part : entry.given) {
    if (!IsLot(part.lot, entry))
      return fmt::format("it gives to lot {}, which no CREDIT before it has opened", part.lot);
  }
  reverted_[id - 1] = true;
  return std::nullopt;
}

// A revert takes what the reverted entry gave out of the same lots, and out of others only what is gone of those.
Derivation::Problem Derivation::CheckTakenBack(const Entry& entry, const Account& account) const {
  absl::flat_hash_map<int64_t, int64_t> wished;
  if (KindOf(*entry.reverts) == EntryKind::kCredit) {
    wished[*entry.reverts] = entry.amount;
  } else {  // a transfer gives what it takes, and so does its revert
    for (const LotPart& part : entry.given) wished[part.lot] += part.amount;
  }
  for (const LotPart& part : entry.taken) {
    if (const auto wish = wished.find(part.lot); wish != wished.end()) wish->second -= part.amount;
  }
  int64_t missing = 0;
  for (const auto& [lot, amount] : wished) missing += std::max<int64_t>(amount, 0);
  if (missing == 0) return std::nullopt;
  for (const auto& [lot, amount] : wished) {
    const auto left = account.lots.find({.expires_at = past_[lot - 1].detail, .lot = lot});
    if (amount > 0 && left != account.lots.end()) {
      return fmt::format("it takes from other lots, though {} of lot {} are left", left->second, lot);
    }
  }
  return std::nullopt;
}

void Derivation::Give(const std::vector<LotPart>& parts, Account& account) {
  // The lots are there: they are new, or taken by this entry, or by the one that it reverts.
  for (const LotPart& part : parts) {
    const LotKey key{.expires_at = past_[part.lot - 1].detail, .lot = part.lot};
    // Most lots of an account come in the order in which they expire.
    account.lots.try_emplace(account.lots.end(), key, 0)->second += part.amount;
  }
}

Derivation::Problem Derivation::OpenNewHold(const Entry& entry, AccountIndex index) {
  Account& account = accounts_[index];
  if (entry.amount > account.balance - account.held) {
    return fmt::format("it holds {} of {}, where {} are on hold already", entry.amount, account.balance, account.held);
  }
  open_holds_.emplace(entry.entry_id, OpenHold{index, entry.amount, OwnExpiry(entry)});
  account.held += entry.amount;
  return std::nullopt;
}

Derivation::Problem Derivation::EndHold(const Entry& entry, AccountIndex account) {
  const int64_t id = *entry.hold;
  if (id < 1 || id >= entry.entry_id || KindOf(id) != EntryKind::kHold) {
    return fmt::format("it names entry {} as its hold, which is no HOLD before it", id);
  }
  const auto open = open_holds_.find(id);
  if (open == open_holds_.end()) return fmt::format("hold {} had ended before", id);
  const OpenHold& hold = open->second;
  if (hold.account != account) return fmt::format("hold {} is on another account", id);
  if (entry.kind == EntryKind::kVoid && entry.amount != hold.amount) {
    return fmt::format("it releases {} where hold {} is of {}", entry.amount, id, hold.amount);
  }
  if (entry.kind == EntryKind::kCapture && entry.amount > hold.amount) {
    return fmt::format("it captures {} where hold {} is of {}", entry.amount, id, hold.amount);
  }
  if (entry.kind == EntryKind::kCapture && hold.expires_at && *hold.expires_at <= own_now_) {
    return fmt::format("it captures hold {}, which had expired", id);
  }
  accounts_[account].held -= hold.amount;
  open_holds_.erase(open);
  return std::nullopt;
}

std::optional<absl::Time> Derivation::OwnExpiry(const Entry& entry) const {
  if (!entry.expires_at) return std::nullopt;
  return pauses_.OwnDue(*entry.expires_at, entry.posted_at);
}

void Derivation::Remember(const Entry& entry, AccountIndex source, AccountIndex destination) {
  const bool is_credit = entry.kind == EntryKind::kCredit;
  past_.push_back({.source = source,
                   .destination = destination,
                   .amount = entry.amount,
                   .detail = is_credit ? Micros(OwnExpiry(entry), kNever) : PartsDetail(entry.taken)});
  kinds_.push_back(entry.kind);
  reverted_.push_back(false);
}

}  // namespace smallbiznis::ledger
