#include "pkg/audit/store.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string>

#include "pkg/audit/queries.h"
#include "pkg/db/error.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::audit::store {
namespace {

std::optional<db::Bytes> Digest(const std::string& digest) {
  return digest.empty() ? std::nullopt : std::optional(db::Bytes{digest});
}

std::string DigestOf(const db::Row& row, int column) {
  return row.IsNull(column) ? std::string() : row.Bytes(column);
}

// Columns in the order in which every select names them.
std::vector<Record> FromRows(const db::Rows& rows) {
  std::vector<Record> records;
  records.reserve(static_cast<size_t>(rows.size()));
  for (const db::Row row : rows) {
    records.push_back({.number = row.Int64(1),
                       .occurred_at = row.Time(2),
                       .event = {.tenant = TenantId(row.Int64(0)),
                                 .principal = std::string(row.Text(3)),
                                 .method = std::string(row.Text(4)),
                                 .resource = std::string(row.Text(5)),
                                 .before_digest = DigestOf(row, 6),
                                 .after_digest = DigestOf(row, 7),
                                 .request_id = std::string(row.Text(8))},
                       .hash = row.Bytes(9)});
  }
  return records;
}

absl::StatusOr<db::Rows> QueryEvents(db::Tx& tx, const Listing& by) {
  const int64_t below = by.below.value_or(std::numeric_limits<int64_t>::max());
  const int64_t limit = by.limit;
  if (by.resource) {
    return tx.Query(sql::kListEventsOfResource,
                    {by.tenant, below, by.method, by.not_before, by.before, limit, by.principal, by.resource});
  }
  if (by.principal) {
    return tx.Query(sql::kListEventsOfPrincipal,
                    {by.tenant, below, by.method, by.not_before, by.before, limit, by.principal});
  }
  return tx.Query(sql::kListEvents, {by.tenant, below, by.method, by.not_before, by.before, limit});
}

// A row that is refused is never the caller's fault, whatever class PostgreSQL gives the error. Its words are for the
// log. A lost connection and time that ran out are what they are anywhere.
absl::Status NotWritten(const absl::Status& cause) {
  if (absl::IsUnavailable(cause) || absl::IsDeadlineExceeded(cause)) return cause;
  return absl::InternalError(fmt::format("the audit row was not written: {} (SQLSTATE {})",
                                         text::ToStd(cause.message()), db::SqlState(cause)));
}

}  // namespace

void AppendEvent(db::Tx& tx, absl::Time occurred_at, const Event& event) {
  tx.Defer(sql::kAppendEvent,
           {event.tenant, occurred_at, event.principal, event.method, event.resource, Digest(event.before_digest),
            Digest(event.after_digest), event.request_id},
           NotWritten);
}

absl::StatusOr<std::vector<Record>> ListEvents(db::Tx& tx, const Listing& listing) {
  ASSIGN_OR_RETURN(const db::Rows rows, QueryEvents(tx, listing));
  return FromRows(rows);
}

absl::StatusOr<std::vector<Record>> ReadEvents(db::Tx& tx, TenantId tenant, int64_t after, int limit) {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kReadEvents, {tenant, after, int64_t{limit}}));
  return FromRows(rows);
}

absl::StatusOr<Point> ReadHead(db::Tx& tx, TenantId tenant) {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kReadHead, {tenant}));
  return rows.empty() ? Point{} : Point{rows[0].Int64(0), rows[0].Bytes(1)};
}

}  // namespace smallbiznis::audit::store
