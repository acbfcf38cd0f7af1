#include "pkg/task/wire/state.h"

namespace smallbiznis::task {

std::string_view Name(State state) {
  switch (state) {
    case State::kActive:
      return "active";
    case State::kPending:
      return "pending";
    case State::kScheduled:
      return "scheduled";
    case State::kRetry:
      return "retry";
    case State::kArchived:
      return "archived";
    case State::kCompleted:
      return "completed";
    case State::kAggregating:
      return "aggregating";
  }
  return "";
}

std::optional<State> ParseState(std::string_view name) {
  for (const State state : kStates) {
    if (Name(state) == name) return state;
  }
  return std::nullopt;
}

}  // namespace smallbiznis::task
