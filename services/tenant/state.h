// The life of a tenant. Every move that is not in the table of state.cc is refused.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/status.h"

namespace smallbiznis::tenant {

enum class State { kPending, kProvisioning, kActive, kSuspended, kArchived };

inline constexpr State kStates[] = {State::kPending, State::kProvisioning, State::kActive, State::kSuspended,
                                    State::kArchived};

std::string_view Name(State state);  // "PENDING"
std::optional<State> ParseState(std::string_view name);

enum class Action {
  kProvision,  // its downstream services are being set up
  kActivate,   // they are all set up
  kSuspend,
  kResume,
  kArchive,
};

inline constexpr Action kActions[] = {Action::kProvision, Action::kActivate, Action::kSuspend, Action::kResume,
                                      Action::kArchive};

struct Move {
  State from;
  State to;
};

// FAILED_PRECONDITION, reason TENANT_STATE_CONFLICT, naming both states, when `action` does not make this move.
absl::Status CheckMove(Action action, const Move& move);

}  // namespace smallbiznis::tenant
