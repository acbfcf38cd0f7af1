#include "pkg/task/inspect/change.h"

#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace {

std::string_view Word(Action action) {
  switch (action) {
    case Action::kRun:
      return "run";
    case Action::kArchive:
      return "archive";
    case Action::kDelete:
      return "delete";
  }
  return "";
}

}  // namespace

std::optional<State> StateAfter(Action action) {
  switch (action) {
    case Action::kRun:
      return State::kPending;
    case Action::kArchive:
      return State::kArchived;
    case Action::kDelete:
      break;
  }
  return std::nullopt;
}

std::string_view ActiveRefusal(Action action) {
  switch (action) {
    case Action::kRun:
      return "task is already running";
    case Action::kArchive:
      return "cannot archive task in active state. use CancelProcessing instead.";
    case Action::kDelete:
      return "cannot delete task in active state. use CancelProcessing instead.";
  }
  return "";
}

std::vector<std::string> ChangeKeys(std::string_view queue) {
  return {StateKey(queue, State::kPending),
          StateKey(queue, State::kActive),
          LeaseKey(queue),
          StateKey(queue, State::kScheduled),
          StateKey(queue, State::kRetry),
          StateKey(queue, State::kArchived),
          StateKey(queue, State::kCompleted),
          GroupsKey(queue),
          AggregationSetsKey(queue)};
}

std::vector<std::string> ChangeArgs(std::string_view queue, Action action, absl::Time now) {
  return {QueuePrefix(queue), std::string(Word(action)), UnixSeconds(now), std::to_string(absl::ToUnixNanos(now))};
}

}  // namespace smallbiznis::task
