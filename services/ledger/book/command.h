// What the ledger can be asked to do. Values as the caller gave them, their form already checked; times are whole
// microseconds, as entries keep them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include "absl/time/time.h"

namespace smallbiznis::ledger {

// A member's account in one unit.
struct AccountKey {
  std::string unit;
  std::string member;

  friend auto operator<=>(const AccountKey&, const AccountKey&) = default;
  template <class H>
  friend H AbslHashValue(H h, const AccountKey& key) {
    return H::combine(std::move(h), key.unit, key.member);
  }
};

// What a caller says about a post.
struct Note {
  std::optional<std::string> reference_id;
  std::string description;
  std::map<std::string, std::string> metadata;
};

// Every amount is in the unit of its account.
struct Credit {
  AccountKey account;
  int64_t amount = 0;
  std::optional<absl::Time> expires_at;
  Note note;
};
struct Debit {
  AccountKey account;
  int64_t amount = 0;
  Note note;
};
struct Transfer {
  std::string unit;
  std::string from;  // member ids
  std::string to;
  int64_t amount = 0;
  Note note;
};
struct Hold {
  AccountKey account;
  int64_t amount = 0;
  std::optional<absl::Time> expires_at;
  Note note;
};
struct Capture {
  int64_t hold = 0;
  std::optional<int64_t> amount;  // all of it when not set
};
struct Void {
  int64_t hold = 0;
};
struct Revert {
  int64_t entry = 0;
  std::string reason;
};
// The least balance that must stay.
struct SetFloor {
  AccountKey account;
  int64_t floor = 0;  // >= 0
};
// For good. What is left in the account is forfeited if `forfeit` says so; else it must be empty.
struct Close {
  AccountKey account;
  bool forfeit = false;
};
// Closes what has expired of an account: holds, then lots.
struct Settle {
  AccountKey account;
};

struct Command {
  std::string actor;
  std::variant<Credit, Debit, Transfer, Hold, Capture, Void, Revert, SetFloor, Close, Settle> action;
};

}  // namespace smallbiznis::ledger
