// One entry of a tenant's ledger: the value that the chain protects. Every field here is hashed (encoding.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::ledger {

// Its numbers are hashed: never change or reuse one.
enum class EntryKind : uint8_t {
  kCredit = 1,    // issuance -> member
  kDebit = 2,     // member -> redemption
  kTransfer = 3,  // member -> member, in the lots that it takes
  kHold = 4,      // moves nothing: reserves an amount of the member's
  kCapture = 5,   // member -> redemption; ends its hold
  kVoid = 6,      // moves nothing: ends its hold
  kExpiry = 7,    // member -> expiry: closes one lot, or what of it no hold needs
  kForfeit = 8,   // member -> breakage: what an account held that is closed
  kRevert = 9,    // an earlier entry, the other way round
};

std::string_view Name(EntryKind kind);  // "CREDIT"
std::optional<EntryKind> ParseEntryKind(std::string_view name);

// Part of a lot. A lot is named by the CREDIT entry that issued it, wherever its points have gone since.
struct LotPart {
  int64_t lot = 0;
  int64_t amount = 0;  // > 0

  friend bool operator==(const LotPart&, const LotPart&) = default;
};

struct Entry {
  TenantId tenant;
  int64_t entry_id = 0;  // its number in the tenant's chain: 1, 2, 3, ... without gaps
  EntryKind kind = EntryKind::kCredit;
  std::string unit;
  int64_t amount = 0;       // > 0
  std::string source;       // an account: "member:<member id>", "issuance", "redemption", "expiry", "breakage"
  std::string destination;  // another account
  // Of the account after this entry; of members' accounts only.
  std::optional<int64_t> source_balance;
  std::optional<int64_t> destination_balance;
  std::optional<std::string> reference_id;  // the caller's own name for it, unique in the tenant
  std::string description;
  std::map<std::string, std::string> metadata;  // in the order of its keys' bytes
  std::optional<absl::Time> expires_at;         // CREDIT: when its lot expires; HOLD: when it ends. Microseconds
  std::optional<int64_t> reverts;               // REVERT: the entry that it takes back
  std::optional<int64_t> hold;                  // CAPTURE, VOID: the HOLD entry
  // What of which lots left the source and came to the destination; each sums up to `amount` where that account is a
  // member's and the kind moves something, and is empty else.
  std::vector<LotPart> taken;
  std::vector<LotPart> given;
  std::string actor;     // who asked for it: "api_key:7230018201", or "system"
  absl::Time posted_at;  // microseconds; never earlier than that of the entry before

  friend bool operator==(const Entry&, const Entry&) = default;
};

}  // namespace smallbiznis::ledger
