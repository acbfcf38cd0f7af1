#include "pkg/outbox/store.h"

#include "pkg/outbox/queries.h"
#include "pkg/status/status.h"

namespace smallbiznis::outbox {
namespace {

std::vector<Row> ToRows(const db::Rows& rows) {
  std::vector<Row> found;
  found.reserve(rows.size());
  for (const db::Row row : rows) {
    found.push_back({.tenant = TenantId(row.Int64(0)),
                     .id = row.Int64(1),
                     .topic = std::string(row.Text(2)),
                     .queue = std::string(row.Text(3)),
                     .payload = std::string(row.Text(4)),
                     .traceparent = std::string(row.Text(5)),
                     .run = row.Int32(6)});
  }
  return found;
}

Parked ReadParked(const db::Row& row) {
  return {.tenant = TenantId(row.Int64(0)),
          .id = row.Int64(1),
          .topic = std::string(row.Text(2)),
          .key = std::string(row.Text(3)),
          .queue = std::string(row.Text(4)),
          .payload = std::string(row.Text(5)),
          .at = row.Time(6),
          .error = std::string(row.Text(7))};
}

}  // namespace

absl::StatusOr<std::vector<Row>> Store::ClaimDue(db::Tx& tx, int limit) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kClaimDue, {int64_t{limit}}));
  return ToRows(rows);
}

absl::StatusOr<std::vector<Row>> Store::ClaimUnderWay(db::Tx& tx, absl::Time published_before, int limit) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kClaimUnderWay, {published_before, int64_t{limit}}));
  return ToRows(rows);
}

void Store::MarkPublished(db::Tx& tx, const std::vector<const Row*>& rows, absl::Time now) const {
  if (rows.empty()) return;
  std::vector<int64_t> tenants, ids;
  for (const Row* row : rows) {
    tenants.push_back(row->tenant.value());
    ids.push_back(row->id);
  }
  tx.Defer(sql::kMarkPublished, {tenants, ids, now});
}

void Store::Park(db::Tx& tx, TenantId tenant, int64_t id, std::string_view error, absl::Time now) const {
  tx.Defer(sql::kPark, {tenant, id, now, error});
}

void Store::MarkDone(db::Tx& tx, TenantId tenant, int64_t id, absl::Time now) const {
  tx.Defer(sql::kMarkDone, {tenant, id, now});
}

absl::StatusOr<bool> Store::LockOpen(db::Tx& tx, TenantId tenant, int64_t id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kLockMessage, {tenant, id}));
  if (rows.size() > 0) return rows[0].Bool(0);
  return status::Error(absl::StatusCode::kNotFound, "OUTBOX_MESSAGE_NOT_FOUND",
                       "the outbox has no such message; do several databases share this Redis?");
}

absl::StatusOr<Parked> Store::RunAgain(db::Tx& tx, TenantId tenant, int64_t id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kRunAgain, {tenant, id}));
  if (rows.size() == 0) {
    return status::Error(absl::StatusCode::kNotFound, "OUTBOX_MESSAGE_NOT_PARKED", "no such message is parked");
  }
  return ReadParked(rows[0]);
}

absl::StatusOr<int64_t> Store::DeleteDone(db::Tx& tx, absl::Time before, int limit) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kDeleteDone, {before, int64_t{limit}}));
  return static_cast<int64_t>(rows.size());
}

absl::StatusOr<Store::Measure> Store::Take(db::Tx& tx) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kMeasure, {}));
  const db::Row row = rows[0];
  Measure measure{.due = row.Int64(0), .parked = row.Int64(1), .oldest_due = std::nullopt};
  if (measure.due > 0) measure.oldest_due = row.Time(2);
  return measure;
}

absl::StatusOr<std::vector<Parked>> Store::ListParked(db::Tx& tx, int64_t after, int limit) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kListParked, {after, int64_t{limit}}));
  std::vector<Parked> parked;
  for (const db::Row row : rows) parked.push_back(ReadParked(row));
  return parked;
}

}  // namespace smallbiznis::outbox
