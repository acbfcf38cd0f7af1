#include "services/tenant/state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "services/tenant/reason.h"

namespace smallbiznis::tenant {
namespace {

struct Allowed {
  Action action;
  State from;
  State to;
};

// Suspending a tenant that is still being provisioned is an addition to the states of the specification: an operator
// must be able to stop a tenant at any time of its life, also while a downstream service is down. A tenant resumes to
// where it was suspended from.
constexpr Allowed kAllowed[] = {
    {Action::kProvision, State::kPending, State::kProvisioning},
    {Action::kActivate, State::kProvisioning, State::kActive},
    {Action::kSuspend, State::kActive, State::kSuspended},
    {Action::kSuspend, State::kProvisioning, State::kSuspended},
    {Action::kResume, State::kSuspended, State::kActive},
    {Action::kResume, State::kSuspended, State::kProvisioning},
    {Action::kArchive, State::kSuspended, State::kArchived},
};

}  // namespace

std::string_view Name(State state) {
  switch (state) {
    case State::kPending:
      return "PENDING";
    case State::kProvisioning:
      return "PROVISIONING";
    case State::kActive:
      return "ACTIVE";
    case State::kSuspended:
      return "SUSPENDED";
    case State::kArchived:
      return "ARCHIVED";
  }
  std::abort();
}

std::optional<State> ParseState(std::string_view name) {
  for (const State state : kStates) {
    if (Name(state) == name) return state;
  }
  return std::nullopt;
}

absl::Status CheckMove(Action action, const Move& move) {
  const bool allowed = std::any_of(std::begin(kAllowed), std::end(kAllowed), [&](const Allowed& row) {
    return row.action == action && row.from == move.from && row.to == move.to;
  });
  if (allowed) return absl::OkStatus();
  return Error(Reason::kTenantStateConflict,
               fmt::format("a tenant that is {} cannot become {}", Name(move.from), Name(move.to)));
}

}  // namespace smallbiznis::tenant
