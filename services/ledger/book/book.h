// One tenant's ledger as far as it is loaded: what the bookkeeper works on.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/time/time.h"
#include "pkg/merkle/frontier.h"
#include "services/ledger/book/command.h"
#include "services/ledger/book/lot_book.h"
#include "services/ledger/record/pauses.h"
#include "services/ledger/record/record.h"

namespace smallbiznis::ledger {

// A posted entry, with what makes it a link of the chain.
struct Posted {
  Entry entry;
  merkle::Hash hash{};
};
using PostedPtr = std::shared_ptr<const Posted>;

// "member:7", and back; empty for the system's accounts.
std::string MemberAccount(std::string_view member);
std::string_view MemberOf(std::string_view account);

enum class HoldState { kOpen, kCaptured, kVoided, kExpired };

std::string_view Name(HoldState state);  // "OPEN"
std::optional<HoldState> ParseHoldState(std::string_view name);

struct HoldRecord {
  int64_t hold_id = 0;  // its HOLD entry
  AccountKey account;
  int64_t amount = 0;
  HoldState state = HoldState::kOpen;
  std::optional<absl::Time> expires_at;  // in own time (pauses.h), where it is not said otherwise
  int64_t captured = 0;
};

struct Account {
  int64_t floor = 0;
  bool closed = false;
  int64_t balance = 0;
  std::map<int64_t, HoldRecord> open_holds;
  LotBook lots;

  int64_t held() const;
};

// Where the chain ends.
struct Chain {
  int64_t version = 0;  // grows with every commit that changes anything of the tenant's ledger
  int64_t size = 0;     // entries
  merkle::Hash head{};  // the last entry's hash; that of the beginning when there is none
  merkle::Frontier tree;
  absl::Time last_posted_at = absl::UnixEpoch();
};

// What the system's accounts of a unit hold: issuance has given it away, so it is never above 0.
struct Unit {
  int64_t issuance = 0;
  int64_t redemption = 0;
  int64_t expiry = 0;
  int64_t breakage = 0;
};

struct Book {
  TenantId tenant;
  Chain chain;
  std::map<std::string, Unit> units;
  Pauses pauses;
  absl::node_hash_map<AccountKey, Account> accounts;
  // What the commands of a batch speak of.
  absl::flat_hash_map<int64_t, HoldRecord> holds;
  struct Earlier {
    PostedPtr posted;
    bool reverted = false;
    std::vector<absl::Time> expiries;  // of the lots that it took, in their order, in own time
  };
  absl::flat_hash_map<int64_t, Earlier> earlier;
  absl::flat_hash_map<std::string, PostedPtr> references;
};

}  // namespace smallbiznis::ledger
