// What one thread expects of a member's account that nobody else posts to: the rules of the ledger once more, by the
// simplest means, so that every outcome is known before it is asked for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/ledger/book/book.h"

namespace smallbiznis::ledger::sim {

// A reason of the ledger, "" when it is to go well.
using Outcome = std::string;
using Expiries = std::map<absl::Time, int64_t>;  // points by when they expire

// A value. Times are the checkpoints' own: nothing of such an account expires between two of them.
class OwnAccount {
 public:
  explicit OwnAccount(AccountKey key) : key_(std::move(key)) {}

  const AccountKey& key() const { return key_; }
  bool closed() const { return closed_; }
  int64_t floor() const { return floor_; }
  int64_t balance() const;
  int64_t held() const;
  int64_t available() const;
  const Expiries& lots() const { return lots_; }
  const std::map<int64_t, Hold>& open_holds() const { return open_holds_; }

  // Closes what has expired by `now`.
  void Settle(absl::Time now);

  // What each comes to. An account is settled where the ledger does so; nothing else is changed.
  Outcome MayCredit(const std::optional<absl::Time>& expires_at, absl::Time now) const;
  Outcome MaySpend(int64_t amount, absl::Time now);
  Outcome MayHold(const Hold& hold, absl::Time now);
  Outcome MayEndHold(int64_t hold, absl::Time now);
  Outcome MayClose(bool forfeit, absl::Time now);
  Outcome MayReceive() const { return closed_ ? "LEDGER_ACCOUNT_CLOSED" : ""; }

  void Give(absl::Time expires_at, int64_t amount) { lots_[expires_at] += amount; }
  // What is taken of `amount`: what expires after `after`, the earliest first. It must be there.
  Expiries Take(int64_t amount, absl::Time after);
  // Takes just these; false when they are not there.
  bool TakeThese(const Expiries& parts);
  void AddHold(int64_t id, const Hold& hold) { open_holds_.emplace(id, hold); }
  void EndHold(int64_t id, HoldState state);
  void SetFloor(int64_t floor) { floor_ = floor; }
  void Close();

 private:
  AccountKey key_;
  int64_t floor_ = 0;
  bool closed_ = false;
  Expiries lots_;
  std::map<int64_t, Hold> open_holds_;
  std::map<int64_t, HoldState> ended_holds_;
};

}  // namespace smallbiznis::ledger::sim
