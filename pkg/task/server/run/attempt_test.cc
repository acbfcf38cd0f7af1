#include "pkg/task/server/run/attempt.h"

#include <gtest/gtest.h>

#include "pkg/status/status.h"
#include "pkg/task/server/run/testing.h"

namespace smallbiznis::task {
namespace {

TEST(AttemptTest, TheFirstCauseToStopCounts) {
  Attempts attempts;
  const auto attempt = attempts.Make(1);
  const absl::Time now = attempts.clock().Now();
  EXPECT_FALSE(attempt->stop().has_value());
  EXPECT_FALSE(attempt->stop_token().stop_requested());
  attempt->RequestStop(Attempt::StopCause::kCancelled, now);
  attempt->RequestStop(Attempt::StopCause::kDeadline, now + absl::Seconds(1));
  EXPECT_TRUE(attempt->stop_token().stop_requested());
  ASSERT_TRUE(attempt->stop().has_value());
  EXPECT_EQ(attempt->stop()->cause, Attempt::StopCause::kCancelled);
  EXPECT_EQ(attempt->stop()->at, now);
}

TEST(AttemptTest, AHandlersCallbackMayAskTheAttempt) {
  Attempts attempts;
  const auto attempt = attempts.Make(1);
  bool called = false;
  const std::stop_callback callback(attempt->stop_token(), [&] { called = attempt->stop().has_value(); });
  attempt->RequestStop(Attempt::StopCause::kShutdown, attempts.clock().Now());
  EXPECT_TRUE(called);
}

TEST(AttemptTest, EndsOnce) {
  Attempts attempts;
  const auto attempt = attempts.Make(1);
  EXPECT_FALSE(attempt->ended());
  EXPECT_TRUE(attempt->TryEnd());
  EXPECT_FALSE(attempt->TryEnd());
  EXPECT_TRUE(attempt->ended());
}

TEST(AttemptTest, AResultIsNotWrittenAfterTheEnd) {
  Attempts attempts;
  const auto attempt = attempts.Make(1);
  EXPECT_NE(status::Reason(attempt->WriteResult("r")), "TASK_LOST") << "Redis is asked, and is not there";
  attempt->TryEnd();
  EXPECT_EQ(status::Reason(attempt->WriteResult("r")), "TASK_LOST");
}

TEST(AttemptTest, BeginsWithTheLeaseOfItsTaking) {
  Attempts attempts;
  const auto attempt = attempts.Make(1);
  const absl::Time end = attempts.clock().Now() + absl::Seconds(30);
  EXPECT_EQ(attempt->lease().held_until, end);
  EXPECT_EQ(attempt->lease().asked_for, end);
  attempt->set_lease({.held_until = end, .asked_for = end + absl::Seconds(5)});
  EXPECT_EQ(attempt->lease().held_until, end);
  EXPECT_EQ(attempt->lease().asked_for, end + absl::Seconds(5));
}

// As asynq's, which people look for.
TEST(AttemptTest, CausesHaveTheTextsOfTheWire) {
  EXPECT_EQ(ToError(Attempt::StopCause::kDeadline).message(), "context deadline exceeded");
  EXPECT_EQ(ToError(Attempt::StopCause::kCancelled).message(), "context canceled");
  EXPECT_EQ(ToError(Attempt::StopCause::kLeaseLost).message(), "asynq: task lease expired");
  EXPECT_FALSE(ToError(Attempt::StopCause::kShutdown).ok());
}

}  // namespace
}  // namespace smallbiznis::task
