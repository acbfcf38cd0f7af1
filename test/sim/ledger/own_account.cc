#include "test/sim/ledger/own_account.h"

#include <algorithm>
#include <utility>

namespace smallbiznis::ledger::sim {

int64_t OwnAccount::balance() const {
  int64_t sum = 0;
  for (const auto& [expires_at, amount] : lots_) sum += amount;
  return sum;
}

int64_t OwnAccount::held() const {
  int64_t sum = 0;
  for (const auto& [id, hold] : open_holds_) sum += hold.amount;
  return sum;
}

int64_t OwnAccount::available() const {
  return std::max<int64_t>(balance() - held() - floor_, 0);
}

void OwnAccount::Settle(absl::Time now) {
  std::vector<int64_t> due;
  for (const auto& [id, hold] : open_holds_) {
    if (hold.expires_at && *hold.expires_at <= now) due.push_back(id);
  }
  for (const int64_t id : due) EndHold(id, HoldState::kExpired);
  int64_t free = balance() - held();
  while (free > 0 && !lots_.empty() && lots_.begin()->first <= now) {
    const int64_t part = std::min(free, lots_.begin()->second);
    free -= part;
    lots_.begin()->second -= part;
    if (lots_.begin()->second == 0) lots_.erase(lots_.begin());
  }
}

Outcome OwnAccount::MayCredit(const std::optional<absl::Time>& expires_at, absl::Time now) const {
  if (closed_) return "LEDGER_ACCOUNT_CLOSED";
  if (expires_at && *expires_at <= now) return "LEDGER_EXPIRY_NOT_IN_FUTURE";
  return "";
}

Outcome OwnAccount::MaySpend(int64_t amount, absl::Time now) {
  if (closed_) return "LEDGER_ACCOUNT_CLOSED";
  Settle(now);
  return amount > available() ? "LEDGER_INSUFFICIENT_BALANCE" : "";
}

Outcome OwnAccount::MayHold(const Hold& hold, absl::Time now) {
  if (closed_) return "LEDGER_ACCOUNT_CLOSED";
  Settle(now);
  if (hold.expires_at && *hold.expires_at <= now) return "LEDGER_EXPIRY_NOT_IN_FUTURE";
  return hold.amount > available() ? "LEDGER_INSUFFICIENT_BALANCE" : "";
}

Outcome OwnAccount::MayEndHold(int64_t hold, absl::Time now) {
  if (open_holds_.contains(hold)) Settle(now);  // else it is refused at once
  if (open_holds_.contains(hold)) return "";
  switch (ended_holds_.at(hold)) {
    case HoldState::kOpen:
      break;
    case HoldState::kCaptured:
      return "LEDGER_HOLD_CAPTURED";
    case HoldState::kVoided:
      return "LEDGER_HOLD_VOIDED";
    case HoldState::kExpired:
      return "LEDGER_HOLD_EXPIRED";
  }
  return "a hold that ended as open";
}

Outcome OwnAccount::MayClose(bool forfeit, absl::Time now) {
  if (closed_) return "LEDGER_ACCOUNT_CLOSED";
  Settle(now);
  if (!open_holds_.empty() || (balance() > 0 && !forfeit)) return "LEDGER_ACCOUNT_NOT_EMPTY";
  return "";
}

Expiries OwnAccount::Take(int64_t amount, absl::Time after) {
  Expiries taken;
  for (auto lot = lots_.upper_bound(after); lot != lots_.end() && amount > 0;) {
    const int64_t part = std::min(amount, lot->second);
    taken[lot->first] += part;
    amount -= part;
    lot->second -= part;
    lot = lot->second == 0 ? lots_.erase(lot) : std::next(lot);
  }
  return taken;
}

bool OwnAccount::TakeThese(const Expiries& parts) {
  for (const auto& [expires_at, amount] : parts) {
    const auto lot = lots_.find(expires_at);
    if (lot == lots_.end() || lot->second < amount) return false;
    lot->second -= amount;
    if (lot->second == 0) lots_.erase(lot);
  }
  return true;
}

void OwnAccount::EndHold(int64_t id, HoldState state) {
  open_holds_.erase(id);
  ended_holds_[id] = state;
}

void OwnAccount::Close() {
  lots_.clear();
  closed_ = true;
}

}  // namespace smallbiznis::ledger::sim
