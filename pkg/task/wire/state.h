// The states of a task, by the names that its hash and its queue's keys carry.
#pragma once

#include <optional>
#include <string_view>

namespace smallbiznis::task {

enum class State { kActive, kPending, kScheduled, kRetry, kArchived, kCompleted, kAggregating };

inline constexpr State kStates[] = {State::kActive,   State::kPending,   State::kScheduled,  State::kRetry,
                                    State::kArchived, State::kCompleted, State::kAggregating};

std::string_view Name(State state);  // "active"
std::optional<State> ParseState(std::string_view name);

}  // namespace smallbiznis::task
