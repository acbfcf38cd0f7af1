#include <fmt/format.h>

#include "pkg/redis/command.h"
#include "pkg/status/status.h"
#include "pkg/task/inspect/change.h"
#include "pkg/task/inspect/inspector.h"
#include "pkg/task/inspect/lua/scripts.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace {

// How often what producers add meanwhile is deleted, before they win.
constexpr int kRounds = 3;
constexpr int kScanned = 1000;  // keys that Redis looks at in one step

absl::Status NotEmpty(std::string_view message) {
  return status::Error(absl::StatusCode::kFailedPrecondition, "QUEUE_NOT_EMPTY", message);
}

// All keys of the queue, as a pattern of SCAN; what is special in a pattern is escaped in the name.
std::string KeyPattern(std::string_view queue) {
  std::string name;
  for (const char c : queue) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '^' || c == '\\') name += '\\';
    name += c;
  }
  return QueuePrefix(name) + "*";
}

// What remove_keys looks at.
std::vector<std::string> TaskListKeys(std::string_view queue) {
  return {StateKey(queue, State::kPending),
          StateKey(queue, State::kActive),
          StateKey(queue, State::kScheduled),
          StateKey(queue, State::kRetry),
          StateKey(queue, State::kArchived),
          StateKey(queue, State::kCompleted),
          GroupsKey(queue),
          AggregationSetsKey(queue)};
}

}  // namespace

absl::Status Inspector::RemoveQueue(const std::string& queue, Removal removal) {
  RETURN_IF_ERROR(CheckQueue(queue));
  const std::vector<std::string> no_more = {PausedKey(queue), LeaseKey(queue)};
  if (!removal.force) {
    ASSIGN_OR_RETURN(const bool removed, RemoveKeys(queue, no_more));
    if (!removed) return NotEmpty("queue is not empty");
    return SweepKeys(queue);
  }
  // So that no worker takes a task that is about to go.
  ASSIGN_OR_RETURN(const bool paused_here, Pause(queue));
  const absl::Status emptied = [&]() -> absl::Status {
    for (int round = 0; round < kRounds; ++round) {
      ASSIGN_OR_RETURN(const redis::Reply reply,
                       redis_.Do(redis::Command("LLEN").Key(StateKey(queue, State::kActive))));
      ASSIGN_OR_RETURN(const int64_t active, reply.AsInteger());
      if (active > 0) return NotEmpty("cannot remove queue with active tasks");
      RETURN_IF_ERROR(DeleteAllTasks(queue));
      ASSIGN_OR_RETURN(const bool removed, RemoveKeys(queue, no_more));
      if (removed) return absl::OkStatus();
    }
    return NotEmpty("tasks are added to the queue faster than they are deleted");
  }();
  if (!emptied.ok()) {
    if (paused_here) Unpause(queue).status().IgnoreError();  // the first error says more
    return emptied;
  }
  return SweepKeys(queue);
}

absl::Status Inspector::DeleteAllTasks(const std::string& queue) {
  for (const State state : kStates) {
    if (state == State::kActive) continue;
    RETURN_IF_ERROR(DeleteAll({.queue = queue, .state = state, .group = ""}, {}).status());
  }
  BatchOutcome sets{.left = 1};
  while (sets.left > 0) {
    ASSIGN_OR_RETURN(sets,
                     ChangeBatch(Action::kDelete, {.queue = queue, .state = "sets", .group = ""}, options_.batch));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Inspector::RemoveKeys(const std::string& queue, const std::vector<std::string>& keys) {
  std::vector<std::string> all = TaskListKeys(queue);
  all.insert(all.end(), keys.begin(), keys.end());
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Eval(InspectScripts::Get().remove_keys, all, {}));
  ASSIGN_OR_RETURN(const int64_t removed, reply.AsInteger());
  return removed == 1;
}

// The name first: whoever adds a task from now on makes the queue anew, and then nothing of it is swept away.
absl::Status Inspector::SweepKeys(const std::string& queue) {
  RETURN_IF_ERROR(redis_.Do(redis::Command("SREM").Key(kQueuesKey).Arg(queue)).status());
  const std::string pattern = KeyPattern(queue);
  std::string cursor = "0";
  do {
    const auto scan = redis::Command("SCAN").Arg(cursor).Arg("MATCH").Arg(pattern).Arg("COUNT").Arg(kScanned).RoutedBy(
        QueuePrefix(queue));
    ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Do(scan));
    ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, reply.AsArray());
    if (elements.size() != 2) return absl::InternalError("SCAN answers a cursor and keys");
    ASSIGN_OR_RETURN(const std::string_view next, elements[0].AsText());
    ASSIGN_OR_RETURN(const std::span<const redis::Reply> found, elements[1].AsArray());
    std::vector<std::string> keys;
    for (const redis::Reply& element : found) {
      ASSIGN_OR_RETURN(const std::string_view key, element.AsText());
      keys.emplace_back(key);
    }
    if (!keys.empty()) {
      ASSIGN_OR_RETURN(const bool removed, RemoveKeys(queue, keys));
      if (!removed) return absl::OkStatus();
    }
    cursor = next;
  } while (cursor != "0");
  return absl::OkStatus();
}

}  // namespace smallbiznis::task
