// What is read of the ledger's tables, and the units, which are made without a post.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/db/tx.h"
#include "services/ledger/book/book.h"

namespace smallbiznis::ledger {

struct NamedUnit {
  std::string name;
  absl::Time created_at;
};

// A stretch of the chain: entries after `after`, up to `last`.
struct Stretch {
  int64_t after = 0;
  int64_t last = INT64_MAX;
  int limit = 0;
};

// What stands beside an account's entries.
struct AccountState {
  int64_t floor = 0;
  bool closed = false;
  int64_t held = 0;     // by holds that have not expired
  int64_t expired = 0;  // in lots that have, and are not closed yet
};

struct OpenLot {
  RunKey key;  // in own time (pauses.h)
  LotPart part;
  absl::Time expires_at = absl::InfiniteFuture();  // in the world's, as far as is known now
};

struct Month {
  std::string month;  // "2026-11"; "infinity" does not come
  int64_t amount = 0;
};

// Stateless; thread-safe.
class ReadStore {
 public:
  // ALREADY_EXISTS, reason LEDGER_UNIT_EXISTS, comes out of the next round trip.
  void CreateUnit(db::Tx& tx, TenantId tenant, const NamedUnit& unit) const;
  void EnsureUnit(db::Tx& tx, TenantId tenant, const NamedUnit& unit) const;
  absl::StatusOr<std::vector<NamedUnit>> ListUnits(db::Tx& tx, TenantId tenant, std::string_view after,
                                                   int limit) const;
  absl::StatusOr<std::optional<Unit>> FindUnit(db::Tx& tx, TenantId tenant, std::string_view unit) const;

  void BeginPause(db::Tx& tx, TenantId tenant, absl::Time at) const;
  void EndPause(db::Tx& tx, TenantId tenant, absl::Time at) const;
  // Into `pauses`, with the next round trip.
  void LoadPauses(db::Tx& tx, TenantId tenant, Pauses& pauses) const;
  absl::StatusOr<std::vector<Pause>> ListPauses(db::Tx& tx, TenantId tenant, absl::Time after, int limit) const;
  // Of every tenant that has any. In platform scope.
  absl::StatusOr<std::map<TenantId, Pauses>> ListAllPauses(db::Tx& tx) const;

  absl::StatusOr<PostedPtr> FindEntry(db::Tx& tx, TenantId tenant, int64_t entry_id) const;  // null: none
  absl::StatusOr<std::vector<PostedPtr>> ListEntries(db::Tx& tx, TenantId tenant, const Stretch& stretch) const;
  absl::StatusOr<std::vector<PostedPtr>> ListEntriesOfReference(db::Tx& tx, TenantId tenant, std::string_view reference,
                                                                const Stretch& stretch) const;
  // In one unit, or in all of them.
  absl::StatusOr<std::vector<PostedPtr>> ListEntriesOfMember(db::Tx& tx, TenantId tenant, std::string_view member,
                                                             const std::optional<std::string>& unit,
                                                             const Stretch& stretch) const;
  // The last entry that was posted by then; 0 when there is none. A few dozen index look-ups, in one statement.
  absl::StatusOr<int64_t> LastEntryBy(db::Tx& tx, TenantId tenant, absl::Time time) const;

  // After the entry `last`; 0 when there is none of the account's by then.
  absl::StatusOr<int64_t> BalanceAt(db::Tx& tx, TenantId tenant, const AccountKey& account, int64_t last) const;
  absl::StatusOr<AccountState> FindAccount(db::Tx& tx, TenantId tenant, const AccountKey& account,
                                           absl::Time own_now) const;
  absl::StatusOr<std::vector<OpenLot>> ListLots(db::Tx& tx, TenantId tenant, const AccountKey& account,
                                                const std::optional<OpenLot>& after, int limit) const;
  absl::StatusOr<std::optional<HoldRecord>> FindHold(db::Tx& tx, TenantId tenant, int64_t hold) const;

  // How much each system account has changed after the entry `last`.
  absl::StatusOr<Unit> MovedSince(db::Tx& tx, TenantId tenant, std::string_view unit, int64_t last) const;
  absl::StatusOr<int64_t> HeldAt(db::Tx& tx, TenantId tenant, std::string_view unit, int64_t last) const;
  absl::StatusOr<std::vector<Month>> ExpiringByMonth(db::Tx& tx, TenantId tenant, std::string_view unit,
                                                     absl::Duration paused) const;

  // How much more of each lot members have since the entry `last`. Reads the entries after it.
  absl::StatusOr<std::map<int64_t, int64_t>> LotsMovedSince(db::Tx& tx, TenantId tenant, std::string_view unit,
                                                            int64_t last) const;
  // When lots were promised to expire, and when they were opened; without those that never expire.
  struct Promise {
    int64_t lot = 0;
    absl::Time expires_at;
    absl::Time made_at;
  };
  absl::StatusOr<std::vector<Promise>> ListPromises(db::Tx& tx, TenantId tenant,
                                                    const std::vector<int64_t>& lots) const;

  // Something of an account that has expired: a run of lots, or a hold. Also its place in the order of the list.
  struct Due {
    absl::Time expires_at = absl::InfinitePast();  // in own time
    TenantId tenant;
    AccountKey account;
    int64_t id = 0;
  };
  // Of all tenants, after a place: what would have expired by `now` if no tenant had ever been suspended. In platform
  // scope.
  absl::StatusOr<std::vector<Due>> ListDueLots(db::Tx& tx, absl::Time now, const Due& after, int limit) const;
  absl::StatusOr<std::vector<Due>> ListDueHolds(db::Tx& tx, absl::Time now, const Due& after, int limit) const;
};

}  // namespace smallbiznis::ledger
