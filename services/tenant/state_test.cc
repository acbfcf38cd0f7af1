#include "services/tenant/state.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "pkg/status/status.h"

namespace smallbiznis::tenant {
namespace {

TEST(StateTest, AllowsTheMovesOfTheTableAndNoOther) {
  using enum Action;
  using enum State;
  const std::set<std::tuple<Action, State, State>> allowed = {
      {kProvision, kPending, kProvisioning}, {kActivate, kProvisioning, kActive}, {kSuspend, kActive, kSuspended},
      {kSuspend, kProvisioning, kSuspended}, {kResume, kSuspended, kActive},      {kResume, kSuspended, kProvisioning},
      {kArchive, kSuspended, kArchived},
  };
  for (const Action action : kActions) {
    for (const State from : kStates) {
      for (const State to : kStates) {
        const absl::Status status = CheckMove(action, {from, to});
        EXPECT_EQ(status.ok(), allowed.contains({action, from, to}))
            << static_cast<int>(action) << ": " << Name(from) << " -> " << Name(to);
      }
    }
  }
}

TEST(StateTest, NamesBothStatesOfARefusedMove) {
  const absl::Status status = CheckMove(Action::kArchive, {State::kActive, State::kArchived});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status::Reason(status), "TENANT_STATE_CONFLICT");
  EXPECT_EQ(status.message(), "a tenant that is ACTIVE cannot become ARCHIVED");
}

TEST(StateTest, ReadsItsNames) {
  for (const State state : kStates) EXPECT_EQ(ParseState(Name(state)), state);
  EXPECT_EQ(ParseState("active"), std::nullopt);
}

}  // namespace
}  // namespace smallbiznis::tenant
