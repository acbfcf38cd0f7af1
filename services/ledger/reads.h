// What can be asked of a ledger: entries, balances, lots, statements, reports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/db/pool.h"
#include "services/ledger/client.h"
#include "services/ledger/read_store.h"

namespace smallbiznis::ledger {

// The unit that every ledger has from the start.
inline constexpr std::string_view kDefaultUnit = "POINT";

// A member's account in one unit.
struct AccountView {
  AccountKey key;
  int64_t balance = 0;
  int64_t held = 0;
  int64_t available = 0;  // what may be spent
  int64_t floor = 0;
  bool closed = false;
};

struct EntryFilter {
  std::string member;     // "": any
  std::string reference;  // "": any
  std::optional<absl::Time> from;
  std::optional<absl::Time> before;
  int64_t after = 0;  // entries behind this one
};

struct Liability {
  std::string unit;
  absl::Time as_of;
  // issued = outstanding + redeemed + expired + forfeited.
  int64_t issued = 0;
  int64_t outstanding = 0;
  int64_t redeemed = 0;
  int64_t expired = 0;
  int64_t forfeited = 0;
  int64_t held = 0;
  // Of what was outstanding, by the month in which it expires as far as is known now.
  std::vector<Month> expiring;
  int64_t never_expiring = 0;
};

// Thread-safe.
class Reads final : public Client {
 public:
  // Both must outlive this.
  Reads(db::Pool& pool, const clock::Clock& clock) : pool_(pool), clock_(clock) {}

  void CreateDefaults(db::Tx& tx, TenantId tenant) const override;
  void BeginPause(db::Tx& tx, TenantId tenant, absl::Time at) const override { store_.BeginPause(tx, tenant, at); }
  void EndPause(db::Tx& tx, TenantId tenant, absl::Time at) const override { store_.EndPause(tx, tenant, at); }
  // The tenant's pauses that began after a time, in their order.
  absl::StatusOr<std::vector<Pause>> ListPauses(db::Tx& tx, TenantId tenant, absl::Time after, int limit) const {
    return store_.ListPauses(tx, tenant, after, limit);
  }

  // LEDGER_UNIT_EXISTS comes out of the next round trip.
  NamedUnit CreateUnit(db::Tx& tx, TenantId tenant, std::string name) const;
  absl::StatusOr<std::vector<NamedUnit>> ListUnits(db::Tx& tx, TenantId tenant, std::string_view after,
                                                   int limit) const {
    return store_.ListUnits(tx, tenant, after, limit);
  }

  // LEDGER_ENTRY_NOT_FOUND when there is none.
  absl::StatusOr<PostedPtr> GetEntry(db::Tx& tx, TenantId tenant, int64_t entry_id) const;
  // Up to `limit` after the entry `after`, in the order of the chain.
  absl::StatusOr<std::vector<PostedPtr>> ListEntries(db::Tx& tx, TenantId tenant, const EntryFilter& filter,
                                                     int64_t after, int limit) const;

  // LEDGER_UNIT_UNKNOWN when the tenant has no such unit. An unknown member has 0.
  absl::StatusOr<AccountView> GetAccount(db::Tx& tx, TenantId tenant, const AccountKey& key) const;
  // The same in a transaction of its own.
  absl::StatusOr<AccountView> GetAccount(TenantId tenant, const AccountKey& key, absl::Time deadline) const;
  // Only the balance, after the last entry that was posted by then.
  absl::StatusOr<AccountView> GetAccountAt(db::Tx& tx, TenantId tenant, const AccountKey& key, absl::Time at) const;
  absl::StatusOr<std::vector<OpenLot>> ListLots(db::Tx& tx, TenantId tenant, const AccountKey& key,
                                                const std::optional<OpenLot>& after, int limit) const;
  // LEDGER_HOLD_NOT_FOUND when there is none. It expires in the world's time, as far as is known now.
  absl::StatusOr<HoldRecord> GetHold(db::Tx& tx, TenantId tenant, int64_t hold) const;
  absl::StatusOr<HoldRecord> GetHold(TenantId tenant, int64_t hold, absl::Time deadline) const;

  struct Statement {
    int64_t opening = 0;  // before the first of the entries
    std::vector<PostedPtr> entries;
  };
  // The account's entries of [from, before), up to `limit` after the entry `after`; 0: from the beginning.
  absl::StatusOr<Statement> GetStatement(db::Tx& tx, TenantId tenant, const AccountKey& key, const EntryFilter& times,
                                         int64_t after, int limit) const;

  // `as_of` unset: now.
  absl::StatusOr<Liability> GetLiability(db::Tx& tx, TenantId tenant, const std::string& unit,
                                         std::optional<absl::Time> as_of) const;

 private:
  // The entries of [from, before), as numbers.
  absl::StatusOr<Stretch> StretchOf(db::Tx& tx, TenantId tenant, const EntryFilter& filter, int64_t after,
                                    int limit) const;
  // What expires when, of what there was after the entry `last`: from today's lots backwards.
  absl::StatusOr<std::vector<Month>> ExpiringAt(db::Tx& tx, TenantId tenant, const std::string& unit, int64_t last,
                                                const Pauses& pauses, absl::Time now) const;
  absl::StatusOr<Unit> UnitOf(db::Tx& tx, TenantId tenant, const std::string& unit) const;

  db::Pool& pool_;
  const clock::Clock& clock_;
  ReadStore store_;
};

}  // namespace smallbiznis::ledger
