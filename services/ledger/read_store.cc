#include "services/ledger/read_store.h"

#include <utility>

#include "pkg/db/error.h"
#include "pkg/status/status.h"
#include "services/ledger/book/reason.h"
#include "services/ledger/post/entry_row.h"
#include "services/ledger/queries.h"
#include "services/ledger/record/encoding.h"

namespace smallbiznis::ledger {
namespace {

constexpr int64_t kStretch = 10'000;  // entries that are read at once

absl::StatusOr<std::vector<PostedPtr>> EntriesFrom(TenantId tenant, const absl::StatusOr<db::Rows>& rows) {
  RETURN_IF_ERROR(rows.status());
  std::vector<PostedPtr> entries;
  entries.reserve(static_cast<size_t>(rows->size()));
  for (int i = 0; i < rows->size(); ++i) {
    ASSIGN_OR_RETURN(PostedPtr posted, EntryFromRow(tenant, (*rows)[i]));
    entries.push_back(std::move(posted));
  }
  return entries;
}

absl::StatusOr<int64_t> FirstNumber(const absl::StatusOr<db::Rows>& rows) {
  RETURN_IF_ERROR(rows.status());
  return rows->empty() ? 0 : (*rows)[0].Int64(0);
}

absl::StatusOr<std::vector<ReadStore::Due>> DueFrom(const absl::StatusOr<db::Rows>& rows) {
  RETURN_IF_ERROR(rows.status());
  std::vector<ReadStore::Due> due;
  for (int i = 0; i < rows->size(); ++i) {
    const db::Row row = (*rows)[i];
    due.push_back(
        {row.Time(0), TenantId(row.Int64(1)), {std::string(row.Text(2)), std::string(row.Text(3))}, row.Int64(4)});
  }
  return due;
}

absl::Status MapUnitError(const absl::Status& error) {
  if (db::Constraint(error) != "units_pk") return error;
  return FieldError(Reason::kUnitExists, "unit", "the tenant's ledger has it already");
}

}  // namespace

void ReadStore::CreateUnit(db::Tx& tx, TenantId tenant, const NamedUnit& unit) const {
  tx.Defer(sql::kCreateUnit, {tenant, unit.name, unit.created_at}, MapUnitError);
  tx.Defer(sql::kMoveVersion, {tenant});
}

void ReadStore::EnsureUnit(db::Tx& tx, TenantId tenant, const NamedUnit& unit) const {
  tx.Defer(sql::kEnsureUnit, {tenant, unit.name, unit.created_at});
  tx.Defer(sql::kMoveVersion, {tenant});
}

absl::StatusOr<std::vector<NamedUnit>> ReadStore::ListUnits(db::Tx& tx, TenantId tenant, std::string_view after,
                                                            int limit) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kListUnits, {tenant, after, int64_t{limit}}));
  std::vector<NamedUnit> units;
  for (const db::Row row : rows) units.push_back({std::string(row.Text(0)), row.Time(1)});
  return units;
}

absl::StatusOr<std::optional<Unit>> ReadStore::FindUnit(db::Tx& tx, TenantId tenant, std::string_view unit) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindUnit, {tenant, unit}));
  if (rows.empty()) return std::nullopt;
  const db::Row row = rows[0];
  return Unit{row.Int64(0), row.Int64(1), row.Int64(2), row.Int64(3)};
}

void ReadStore::BeginPause(db::Tx& tx, TenantId tenant, absl::Time at) const {
  tx.Defer(sql::kBeginPause, {tenant, at});
}

void ReadStore::EndPause(db::Tx& tx, TenantId tenant, absl::Time at) const {
  tx.Defer(sql::kEndPause, {tenant, at});
}

void ReadStore::LoadPauses(db::Tx& tx, TenantId tenant, Pauses& pauses) const {
  tx.DeferQuery(sql::kListPauses, {tenant, absl::InfinitePast(), int64_t{INT32_MAX}},
                [&pauses](const db::Rows& rows) { pauses = PausesFromRows(rows); });
}

absl::StatusOr<std::vector<Pause>> ReadStore::ListPauses(db::Tx& tx, TenantId tenant, absl::Time after,
                                                         int limit) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kListPauses, {tenant, after, int64_t{limit}}));
  return PausesFromRows(rows).all();
}

absl::StatusOr<std::map<TenantId, Pauses>> ReadStore::ListAllPauses(db::Tx& tx) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kListAllPauses, {}));
  std::map<TenantId, std::vector<Pause>> by_tenant;
  for (const db::Row row : rows) {
    by_tenant[TenantId(row.Int64(0))].push_back({row.Time(1), row.OptionalTime(2).value_or(absl::InfiniteFuture())});
  }
  std::map<TenantId, Pauses> all;
  for (auto& [tenant, pauses] : by_tenant) all[tenant] = Pauses(std::move(pauses));
  return all;
}

absl::StatusOr<PostedPtr> ReadStore::FindEntry(db::Tx& tx, TenantId tenant, int64_t entry_id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindEntry, {tenant, entry_id}));
  if (rows.empty()) return nullptr;
  return EntryFromRow(tenant, rows[0]);
}

absl::StatusOr<std::vector<PostedPtr>> ReadStore::ListEntries(db::Tx& tx, TenantId tenant,
                                                              const Stretch& stretch) const {
  return EntriesFrom(tenant,
                     tx.Query(sql::kListEntries, {tenant, stretch.after, stretch.last, int64_t{stretch.limit}}));
}

absl::StatusOr<std::vector<PostedPtr>> ReadStore::ListEntriesOfReference(db::Tx& tx, TenantId tenant,
                                                                         std::string_view reference,
                                                                         const Stretch& stretch) const {
  return EntriesFrom(tenant, tx.Query(sql::kListEntriesOfReference, {tenant, reference, stretch.after, stretch.last}));
}

absl::StatusOr<std::vector<PostedPtr>> ReadStore::ListEntriesOfMember(db::Tx& tx, TenantId tenant,
                                                                      std::string_view member,
                                                                      const std::optional<std::string>& unit,
                                                                      const Stretch& stretch) const {
  std::optional<std::vector<std::string>> units;
  if (unit) units.emplace({*unit});
  return EntriesFrom(tenant, tx.Query(sql::kListEntriesOfMember,
                                      {tenant, member, units, stretch.after, stretch.last, int64_t{stretch.limit}}));
}

absl::StatusOr<int64_t> ReadStore::LastEntryBy(db::Tx& tx, TenantId tenant, absl::Time time) const {
  return FirstNumber(tx.Query(sql::kLastEntryBy, {tenant, time}));
}

absl::StatusOr<int64_t> ReadStore::BalanceAt(db::Tx& tx, TenantId tenant, const AccountKey& account,
                                             int64_t last) const {
  return FirstNumber(tx.Query(sql::kBalanceAt, {tenant, account.unit, account.member, last}));
}

absl::StatusOr<AccountState> ReadStore::FindAccount(db::Tx& tx, TenantId tenant, const AccountKey& account,
                                                    absl::Time own_now) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindAccount, {tenant, account.unit, account.member, own_now}));
  const db::Row row = rows[0];
  return AccountState{row.Int64(0), row.Bool(1), row.Int64(2), row.Int64(3)};
}

absl::StatusOr<std::vector<OpenLot>> ReadStore::ListLots(db::Tx& tx, TenantId tenant, const AccountKey& account,
                                                         const std::optional<OpenLot>& after, int limit) const {
  const OpenLot from = after.value_or(OpenLot{{absl::InfinitePast(), 0}, {}});
  ASSIGN_OR_RETURN(const db::Rows rows,
                   tx.Query(sql::kListLots, {tenant, account.unit, account.member, from.key.expires_at, from.key.run,
                                             from.part.lot, int64_t{limit}}));
  std::vector<OpenLot> lots;
  for (const db::Row row : rows) lots.push_back({{row.Time(0), row.Int64(1)}, {row.Int64(2), row.Int64(3)}});
  return lots;
}

absl::StatusOr<std::optional<HoldRecord>> ReadStore::FindHold(db::Tx& tx, TenantId tenant, int64_t hold) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindHold, {tenant, hold}));
  if (rows.empty()) return std::nullopt;
  return HoldFromRow(rows[0]);
}

absl::StatusOr<Unit> ReadStore::MovedSince(db::Tx& tx, TenantId tenant, std::string_view unit, int64_t last) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kMovedSince, {tenant, unit, last}));
  const db::Row row = rows[0];
  return Unit{row.Int64(0), row.Int64(1), row.Int64(2), row.Int64(3)};
}

absl::StatusOr<int64_t> ReadStore::HeldAt(db::Tx& tx, TenantId tenant, std::string_view unit, int64_t last) const {
  return FirstNumber(tx.Query(sql::kHeldAt, {tenant, unit, last}));
}

absl::StatusOr<std::vector<Month>> ReadStore::ExpiringByMonth(db::Tx& tx, TenantId tenant, std::string_view unit,
                                                              absl::Duration paused) const {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   tx.Query(sql::kExpiringByMonth, {tenant, unit, absl::ToInt64Microseconds(paused)}));
  std::vector<Month> months;
  for (const db::Row row : rows) months.push_back({std::string(row.Text(0)), row.Int64(1)});
  return months;
}

absl::StatusOr<std::map<int64_t, int64_t>> ReadStore::LotsMovedSince(db::Tx& tx, TenantId tenant, std::string_view unit,
                                                                     int64_t last) const {
  std::map<int64_t, int64_t> moved;
  const auto add = [&moved](const db::Row& row, int column, int64_t sign) -> absl::Status {
    if (row.IsNull(column)) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::vector<LotPart> parts, DecodeParts(row.Bytes(column)));
    for (const LotPart& part : parts) moved[part.lot] += sign * part.amount;
    return absl::OkStatus();
  };
  for (int64_t after = last;;) {
    ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kListMoves, {tenant, unit, after, kStretch}));
    for (const db::Row row : rows) {
      RETURN_IF_ERROR(add(row, 1, -1));
      RETURN_IF_ERROR(add(row, 2, 1));
      after = row.Int64(0);
    }
    if (rows.size() < kStretch) return moved;
  }
}

absl::StatusOr<std::vector<ReadStore::Promise>> ReadStore::ListPromises(db::Tx& tx, TenantId tenant,
                                                                        const std::vector<int64_t>& lots) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kListLotExpiries, {tenant, lots}));
  std::vector<Promise> promises;
  for (const db::Row row : rows) {
    promises.push_back({.lot = row.Int64(2), .expires_at = row.Time(0), .made_at = row.Time(1)});
  }
  return promises;
}

absl::StatusOr<std::vector<ReadStore::Due>> ReadStore::ListDueLots(db::Tx& tx, absl::Time now, const Due& after,
                                                                   int limit) const {
  return DueFrom(tx.Query(sql::kListDueLots, {now, after.expires_at, after.tenant, after.account.unit,
                                              after.account.member, after.id, int64_t{limit}}));
}

absl::StatusOr<std::vector<ReadStore::Due>> ReadStore::ListDueHolds(db::Tx& tx, absl::Time now, const Due& after,
                                                                    int limit) const {
  return DueFrom(tx.Query(sql::kListDueHolds, {now, after.expires_at, after.tenant, after.id, int64_t{limit}}));
}

}  // namespace smallbiznis::ledger
