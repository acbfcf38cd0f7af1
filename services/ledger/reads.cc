#include "services/ledger/reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "pkg/status/status.h"
#include "services/ledger/book/reason.h"

namespace smallbiznis::ledger {
void Reads::CreateDefaults(db::Tx& tx, TenantId tenant) const {
  store_.EnsureUnit(tx, tenant, {std::string(kDefaultUnit), clock_.Now()});
}

NamedUnit Reads::CreateUnit(db::Tx& tx, TenantId tenant, std::string name) const {
  NamedUnit unit{std::move(name), clock_.Now()};
  store_.CreateUnit(tx, tenant, unit);
  return unit;
}

absl::StatusOr<PostedPtr> Reads::GetEntry(db::Tx& tx, TenantId tenant, int64_t entry_id) const {
  ASSIGN_OR_RETURN(PostedPtr posted, store_.FindEntry(tx, tenant, entry_id));
  if (!posted) return Error(Reason::kEntryNotFound);
  return posted;
}

absl::StatusOr<Stretch> Reads::StretchOf(db::Tx& tx, TenantId tenant, const EntryFilter& filter, int64_t after,
                                         int limit) const {
  Stretch stretch{.after = after, .limit = limit};
  const absl::Duration instant = absl::Microseconds(1);
  if (filter.from && after == 0) {
    ASSIGN_OR_RETURN(stretch.after, store_.LastEntryBy(tx, tenant, *filter.from - instant));
  }
  stretch.after = std::max(stretch.after, filter.after);
  if (filter.before) {
    ASSIGN_OR_RETURN(stretch.last, store_.LastEntryBy(tx, tenant, *filter.before - instant));
  }
  return stretch;
}

absl::StatusOr<std::vector<PostedPtr>> Reads::ListEntries(db::Tx& tx, TenantId tenant, const EntryFilter& filter,
                                                          int64_t after, int limit) const {
  ASSIGN_OR_RETURN(const Stretch stretch, StretchOf(tx, tenant, filter, after, limit));
  if (filter.reference.empty()) {
    if (filter.member.empty()) return store_.ListEntries(tx, tenant, stretch);
    return store_.ListEntriesOfMember(tx, tenant, filter.member, std::nullopt, stretch);
  }
  ASSIGN_OR_RETURN(std::vector<PostedPtr> entries,
                   store_.ListEntriesOfReference(tx, tenant, filter.reference, stretch));
  if (!filter.member.empty()) {
    const std::string account = MemberAccount(filter.member);
    std::erase_if(entries, [&](const PostedPtr& posted) {
      return posted->entry.source != account && posted->entry.destination != account;
    });
  }
  return entries;
}

absl::StatusOr<Unit> Reads::UnitOf(db::Tx& tx, TenantId tenant, const std::string& unit) const {
  ASSIGN_OR_RETURN(const std::optional<Unit> found, store_.FindUnit(tx, tenant, unit));
  if (!found) return FieldError(Reason::kUnitUnknown, "unit", "is not one of the tenant's units");
  return *found;
}

absl::StatusOr<AccountView> Reads::GetAccount(db::Tx& tx, TenantId tenant, const AccountKey& key) const {
  Pauses pauses;
  store_.LoadPauses(tx, tenant, pauses);
  RETURN_IF_ERROR(UnitOf(tx, tenant, key.unit).status());
  AccountView view{.key = key};
  ASSIGN_OR_RETURN(view.balance, store_.BalanceAt(tx, tenant, key, INT64_MAX));
  ASSIGN_OR_RETURN(const AccountState state, store_.FindAccount(tx, tenant, key, pauses.OwnTime(clock_.Now())));
  view.held = state.held;
  view.floor = state.floor;
  view.closed = state.closed;
  // What has expired is closed before anything is spent, but for what is on hold.
  const int64_t free = view.balance - state.held;
  view.available = std::max<int64_t>(free - std::min(state.expired, free) - state.floor, 0);
  return view;
}

absl::StatusOr<AccountView> Reads::GetAccount(TenantId tenant, const AccountKey& key, absl::Time deadline) const {
  AccountView view;
  RETURN_IF_ERROR(db::Transact(pool_, {.scope = db::Scope::Tenant(tenant), .read_only = true, .deadline = deadline},
                               [&](db::Tx& tx) -> absl::Status {
                                 ASSIGN_OR_RETURN(view, GetAccount(tx, tenant, key));
                                 return absl::OkStatus();
                               }));
  return view;
}

absl::StatusOr<AccountView> Reads::GetAccountAt(db::Tx& tx, TenantId tenant, const AccountKey& key,
                                                absl::Time at) const {
  RETURN_IF_ERROR(UnitOf(tx, tenant, key.unit).status());
  ASSIGN_OR_RETURN(const int64_t last, store_.LastEntryBy(tx, tenant, at));
  AccountView view{.key = key};
  ASSIGN_OR_RETURN(view.balance, store_.BalanceAt(tx, tenant, key, last));
  return view;
}

absl::StatusOr<std::vector<OpenLot>> Reads::ListLots(db::Tx& tx, TenantId tenant, const AccountKey& key,
                                                     const std::optional<OpenLot>& after, int limit) const {
  Pauses pauses;
  store_.LoadPauses(tx, tenant, pauses);
  RETURN_IF_ERROR(UnitOf(tx, tenant, key.unit).status());
  ASSIGN_OR_RETURN(std::vector<OpenLot> lots, store_.ListLots(tx, tenant, key, after, limit));
  for (OpenLot& lot : lots) lot.expires_at = pauses.WorldTime(lot.key.expires_at, clock_.Now());
  return lots;
}

absl::StatusOr<HoldRecord> Reads::GetHold(db::Tx& tx, TenantId tenant, int64_t hold) const {
  Pauses pauses;
  store_.LoadPauses(tx, tenant, pauses);
  ASSIGN_OR_RETURN(std::optional<HoldRecord> found, store_.FindHold(tx, tenant, hold));
  if (!found) return Error(Reason::kHoldNotFound);
  if (found->expires_at) found->expires_at = pauses.WorldTime(*found->expires_at, clock_.Now());
  return *std::move(found);
}

absl::StatusOr<HoldRecord> Reads::GetHold(TenantId tenant, int64_t hold, absl::Time deadline) const {
  HoldRecord found;
  RETURN_IF_ERROR(db::Transact(pool_, {.scope = db::Scope::Tenant(tenant), .read_only = true, .deadline = deadline},
                               [&](db::Tx& tx) -> absl::Status {
                                 ASSIGN_OR_RETURN(found, GetHold(tx, tenant, hold));
                                 return absl::OkStatus();
                               }));
  return found;
}

absl::StatusOr<Reads::Statement> Reads::GetStatement(db::Tx& tx, TenantId tenant, const AccountKey& key,
                                                     const EntryFilter& times, int64_t after, int limit) const {
  RETURN_IF_ERROR(UnitOf(tx, tenant, key.unit).status());
  ASSIGN_OR_RETURN(const Stretch stretch, StretchOf(tx, tenant, times, after, limit));
  Statement statement;
  ASSIGN_OR_RETURN(statement.opening, store_.BalanceAt(tx, tenant, key, stretch.after));
  ASSIGN_OR_RETURN(statement.entries, store_.ListEntriesOfMember(tx, tenant, key.member, key.unit, stretch));
  return statement;
}

absl::StatusOr<std::vector<Month>> Reads::ExpiringAt(db::Tx& tx, TenantId tenant, const std::string& unit, int64_t last,
                                                     const Pauses& pauses, absl::Time now) const {
  const absl::Duration paused = now - pauses.OwnTime(now);
  ASSIGN_OR_RETURN(std::vector<Month> today, store_.ExpiringByMonth(tx, tenant, unit, paused));
  if (last == INT64_MAX) return today;
  std::map<std::string, int64_t> months;
  for (Month& month : today) months[std::move(month.month)] = month.amount;
  ASSIGN_OR_RETURN(const auto moved, store_.LotsMovedSince(tx, tenant, unit, last));
  std::vector<int64_t> lots;
  for (const auto& [lot, amount] : moved) {
    if (amount != 0) lots.push_back(lot);
  }
  ASSIGN_OR_RETURN(const std::vector<ReadStore::Promise> promises, store_.ListPromises(tx, tenant, lots));
  for (const ReadStore::Promise& promise : promises) {
    const absl::Time due = pauses.OwnDue(promise.expires_at, promise.made_at) + paused;
    months[absl::FormatTime("%E4Y-%m", due, absl::UTCTimeZone())] -= moved.at(promise.lot);
  }
  std::vector<Month> then;
  for (const auto& [month, amount] : months) {
    if (amount != 0) then.push_back({month, amount});
  }
  return then;
}

absl::StatusOr<Liability> Reads::GetLiability(db::Tx& tx, TenantId tenant, const std::string& unit,
                                              std::optional<absl::Time> as_of) const {
  Pauses pauses;
  store_.LoadPauses(tx, tenant, pauses);
  ASSIGN_OR_RETURN(Unit accounts, UnitOf(tx, tenant, unit));
  const absl::Time now = clock_.Now();
  Liability report{.unit = unit, .as_of = as_of.value_or(now)};
  int64_t last = INT64_MAX;
  if (as_of) {
    // From today's sums backwards: a report of last month reads this month's entries.
    ASSIGN_OR_RETURN(last, store_.LastEntryBy(tx, tenant, *as_of));
    ASSIGN_OR_RETURN(const Unit moved, store_.MovedSince(tx, tenant, unit, last));
    accounts = {accounts.issuance - moved.issuance, accounts.redemption - moved.redemption,
                accounts.expiry - moved.expiry, accounts.breakage - moved.breakage};
  }
  ASSIGN_OR_RETURN(report.expiring, ExpiringAt(tx, tenant, unit, last, pauses, now));
  report.issued = -accounts.issuance;
  report.redeemed = accounts.redemption;
  report.expired = accounts.expiry;
  report.forfeited = accounts.breakage;
  report.outstanding = report.issued - report.redeemed - report.expired - report.forfeited;
  ASSIGN_OR_RETURN(report.held, store_.HeldAt(tx, tenant, unit, last));
  report.never_expiring = report.outstanding;
  for (const Month& month : report.expiring) report.never_expiring -= month.amount;
  return report;
}

}  // namespace smallbiznis::ledger
