#include <algorithm>

#include "pkg/redis/command.h"
#include "pkg/status/status.h"
#include "pkg/task/inspect/change.h"
#include "pkg/task/inspect/inspector.h"
#include "pkg/task/inspect/lua/scripts.h"
#include "pkg/task/inspect/read.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace {

absl::Status CheckSelection(Action action, const Selection& selection) {
  if (selection.state != State::kAggregating && !selection.group.empty()) return ListKey(selection).status();
  if (selection.state == State::kActive) return StateConflict(ActiveRefusal(action));
  if (selection.state == StateAfter(action)) return StateConflict("these tasks are in that state already");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BulkResult> Inspector::RunAll(const Selection& selection, const Bulk& bulk) {
  return ChangeAll(Action::kRun, selection, bulk);
}
absl::StatusOr<BulkResult> Inspector::ArchiveAll(const Selection& selection, const Bulk& bulk) {
  return ChangeAll(Action::kArchive, selection, bulk);
}
absl::StatusOr<BulkResult> Inspector::DeleteAll(const Selection& selection, const Bulk& bulk) {
  return ChangeAll(Action::kDelete, selection, bulk);
}

// What was there at the beginning is the end of it: tasks that run may fail and come back, and producers go on.
absl::StatusOr<BulkResult> Inspector::ChangeAll(Action action, const Selection& selection, const Bulk& bulk) {
  RETURN_IF_ERROR(CheckSelection(action, selection));
  RETURN_IF_ERROR(CheckQueue(selection.queue));
  ASSIGN_OR_RETURN(int64_t total, CountOf(selection));
  BulkResult result{.more = total > 0};
  if (bulk.limit) total = std::min(total, *bulk.limit);
  if (bulk.consent && total > 0) RETURN_IF_ERROR(bulk.consent(total));
  for (int64_t seen = 0; result.more && seen < total;) {
    const Place place{.queue = selection.queue, .state = Name(selection.state), .group = selection.group};
    ASSIGN_OR_RETURN(const BatchOutcome batch, ChangeBatch(action, place, total - seen));
    if (action == Action::kArchive) {
      ASSIGN_OR_RETURN(const int64_t trimmed, TrimArchive(selection.queue));
      result.trimmed += trimmed;
    }
    seen += batch.seen;
    result.changed += batch.changed;
    result.more = batch.left > 0;
    if (bulk.progress) bulk.progress(seen, std::max(seen, total));
  }
  return result;
}

absl::StatusOr<int64_t> Inspector::CountOf(const Selection& selection) const {
  if (selection.state == State::kAggregating && selection.group.empty()) {
    ASSIGN_OR_RETURN(const std::vector<GroupInfo> groups, ListGroups(selection.queue));
    int64_t count = 0;
    for (const GroupInfo& group : groups) count += group.tasks;
    return count;
  }
  ASSIGN_OR_RETURN(const std::string key, ListKey(selection));
  const bool list = selection.state == State::kPending;
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Do(redis::Command(list ? "LLEN" : "ZCARD").Key(key)));
  return reply.AsInteger();
}

absl::StatusOr<Inspector::BatchOutcome> Inspector::ChangeBatch(Action action, const Place& place, int64_t most) {
  std::vector<std::string> args = ChangeArgs(place.queue, action, clock_.Now());
  args.emplace_back(place.state);
  args.emplace_back(place.group);
  args.push_back(std::to_string(std::min<int64_t>(most, options_.batch)));
  const redis::Script& script = InspectScripts::Get().change_tasks;
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Eval(script, ChangeKeys(place.queue), args));
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, reply.AsArray());
  if (elements.size() != 3) return absl::InternalError("change_tasks answers three numbers");
  BatchOutcome outcome;
  ASSIGN_OR_RETURN(outcome.changed, elements[0].AsInteger());
  ASSIGN_OR_RETURN(outcome.seen, elements[1].AsInteger());
  ASSIGN_OR_RETURN(outcome.left, elements[2].AsInteger());
  return outcome;
}

absl::StatusOr<int64_t> Inspector::TrimArchive(const std::string& queue) {
  int64_t trimmed = 0;
  for (;;) {
    ASSIGN_OR_RETURN(const int count, maintenance_.TrimArchive(queue, options_.archive));
    if (count == 0) return trimmed;
    trimmed += count;
  }
}

}  // namespace smallbiznis::task
