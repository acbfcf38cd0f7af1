#include "pkg/audit/trail.h"

#include <algorithm>

#include "pkg/audit/store.h"
#include "pkg/status/status.h"

namespace smallbiznis::audit {
namespace {

constexpr int kBatch = 1000;

// Whether the row at `from` is still the one that the caller knows.
absl::StatusOr<std::optional<Verdict::Bad>> CheckStart(db::Tx& tx, TenantId tenant, const Point& from) {
  if (from.number == 0) return std::nullopt;
  ASSIGN_OR_RETURN(const std::vector<Record> rows, store::ReadEvents(tx, tenant, from.number - 1, 1));
  if (rows.empty() || rows[0].number != from.number) return Verdict::Bad{from.number, Flaw::kMissing};
  if (rows[0].hash != from.hash) return Verdict::Bad{from.number, Flaw::kChanged};
  return std::nullopt;
}

// Moves verdict.verified over `rows` up to the first that is bad.
void Walk(const std::vector<Record>& rows, Verdict& verdict) {
  for (const Record& row : rows) {
    const int64_t expected = verdict.verified.number + 1;
    if (row.number != expected) {
      verdict.bad = {expected, Flaw::kMissing};
      return;
    }
    if (HashOf(verdict.verified.hash, row) != row.hash) {
      verdict.bad = {expected, Flaw::kChanged};
      return;
    }
    verdict.verified = {row.number, row.hash};
  }
}

// What the head says when no row follows. Nothing when rows have come in meanwhile.
std::optional<Verdict::Bad> CompareWithHead(const Point& end, const Point& head) {
  if (head.number < end.number) return Verdict::Bad{head.number + 1, Flaw::kBeyondHead};
  if (head.number == end.number && head.hash != end.hash) return Verdict::Bad{end.number, Flaw::kChanged};
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::vector<Linked>> List(db::Tx& tx, const Listing& listing) {
  return store::ListEvents(tx, listing);
}

absl::StatusOr<std::vector<Linked>> Export(db::Tx& tx, const Excerpt& excerpt) {
  return store::ExportEvents(tx, excerpt);
}

absl::StatusOr<Point> Head(db::Tx& tx, TenantId tenant) {
  return store::ReadHead(tx, tenant);
}

absl::StatusOr<Verdict> Verify(db::Tx& tx, TenantId tenant, const Point& from, int64_t limit) {
  Verdict verdict{.verified = from};
  ASSIGN_OR_RETURN(verdict.bad, CheckStart(tx, tenant, from));
  if (verdict.bad) verdict.verified = {};
  // Each statement sees what is committed when it starts, so a head that is read after the rows is never behind them.
  std::optional<Point> head;
  while (!verdict.bad) {
    const int64_t left = limit - (verdict.verified.number - from.number);
    if (left <= 0) return verdict;
    const int batch = static_cast<int>(std::min<int64_t>(left, kBatch));
    ASSIGN_OR_RETURN(const std::vector<Record> rows, store::ReadEvents(tx, tenant, verdict.verified.number, batch));
    Walk(rows, verdict);
    if (!rows.empty()) {
      head.reset();
      continue;
    }
    if (head) {  // said before that there is more, and there is not
      verdict.bad = {verdict.verified.number + 1, Flaw::kMissing};
      break;
    }
    ASSIGN_OR_RETURN(head, store::ReadHead(tx, tenant));
    verdict.bad = CompareWithHead(verdict.verified, *head);
    verdict.complete = !verdict.bad && head->number == verdict.verified.number;
    if (verdict.complete) break;
  }
  return verdict;
}

}  // namespace smallbiznis::audit
