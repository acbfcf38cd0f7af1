#include "pkg/audit/store.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "pkg/audit/queries.h"
#include "pkg/db/error.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::audit::store {
namespace {

std::optional<db::Bytes> Digest(const std::string& digest) {
  return digest.empty() ? std::nullopt : std::optional(db::Bytes{digest});
}

std::string BytesOf(const db::Row& row, int column) {
  return row.IsNull(column) ? std::string() : row.Bytes(column);
}

// Columns in the order in which every select names them.
Record RecordOf(const db::Row& row) {
  return {.number = row.Int64(1),
          .occurred_at = row.Time(2),
          .event = {.tenant = TenantId(row.Int64(0)),
                    .principal = std::string(row.Text(3)),
                    .method = std::string(row.Text(4)),
                    .resource = std::string(row.Text(5)),
                    .before_digest = BytesOf(row, 6),
                    .after_digest = BytesOf(row, 7),
                    .request_id = std::string(row.Text(8))},
          .hash = row.Bytes(9)};
}

std::vector<Record> RecordsOf(const db::Rows& rows) {
  std::vector<Record> records;
  records.reserve(static_cast<size_t>(rows.size()));
  for (const db::Row row : rows) records.push_back(RecordOf(row));
  return records;
}

// Most hashes of rows before are those of the records themselves; the others are read.
absl::StatusOr<std::vector<Linked>> Link(db::Tx& tx, TenantId tenant, std::vector<Record> records) {
  absl::flat_hash_map<int64_t, std::string> hashes;
  for (const Record& record : records) hashes[record.number] = record.hash;
  std::vector<int64_t> others;
  for (const Record& record : records) {
    if (record.number > 1 && !hashes.contains(record.number - 1)) others.push_back(record.number - 1);
  }
  if (!others.empty()) {
    ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kReadHashes, {tenant, others}));
    for (const db::Row row : rows) hashes[row.Int64(0)] = row.Bytes(1);
  }
  std::vector<Linked> linked;
  linked.reserve(records.size());
  for (Record& record : records) {
    const auto previous = hashes.find(record.number - 1);
    linked.push_back({.record = std::move(record), .previous_hash = previous == hashes.end() ? "" : previous->second});
  }
  return linked;
}

absl::StatusOr<db::Rows> QueryListing(db::Tx& tx, const Listing& by) {
  const Filter& f = by.filter;
  const int64_t below = by.below.value_or(std::numeric_limits<int64_t>::max());
  const int64_t limit = by.limit;
  if (f.resource) {
    return tx.Query(sql::kListEventsOfResource,
                    {by.tenant, below, f.method, f.not_before, f.before, limit, f.principal, f.resource});
  }
  if (f.principal) {
    return tx.Query(sql::kListEventsOfPrincipal,
                    {by.tenant, below, f.method, f.not_before, f.before, limit, f.principal});
  }
  return tx.Query(sql::kListEvents, {by.tenant, below, f.method, f.not_before, f.before, limit});
}

absl::StatusOr<db::Rows> QueryExcerpt(db::Tx& tx, const Excerpt& by) {
  const Filter& f = by.filter;
  const int64_t limit = by.limit;
  if (f.resource) {
    return tx.Query(sql::kExportEventsOfResource,
                    {by.tenant, by.after, by.up_to, f.method, f.not_before, f.before, limit, f.principal, f.resource});
  }
  if (f.principal) {
    return tx.Query(sql::kExportEventsOfPrincipal,
                    {by.tenant, by.after, by.up_to, f.method, f.not_before, f.before, limit, f.principal});
  }
  return tx.Query(sql::kExportEvents, {by.tenant, by.after, by.up_to, f.method, f.not_before, f.before, limit});
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

absl::StatusOr<std::vector<Linked>> ListEvents(db::Tx& tx, const Listing& listing) {
  ASSIGN_OR_RETURN(const db::Rows rows, QueryListing(tx, listing));
  return Link(tx, listing.tenant, RecordsOf(rows));
}

absl::StatusOr<std::vector<Linked>> ExportEvents(db::Tx& tx, const Excerpt& excerpt) {
  ASSIGN_OR_RETURN(const db::Rows rows, QueryExcerpt(tx, excerpt));
  return Link(tx, excerpt.tenant, RecordsOf(rows));
}

absl::StatusOr<std::vector<Record>> ReadEvents(db::Tx& tx, TenantId tenant, int64_t after, int limit) {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kReadEvents, {tenant, after, int64_t{limit}}));
  return RecordsOf(rows);
}

absl::StatusOr<Point> ReadHead(db::Tx& tx, TenantId tenant) {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kReadHead, {tenant}));
  return rows.empty() ? Point{} : Point{rows[0].Int64(0), rows[0].Bytes(1)};
}

}  // namespace smallbiznis::audit::store
