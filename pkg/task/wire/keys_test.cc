#include "pkg/task/wire/keys.h"

#include <gtest/gtest.h>

namespace smallbiznis::task {
namespace {

TEST(KeysTest, AreThoseOfAsynq) {
  const absl::Time day = absl::FromUnixSeconds(1700000000);  // 2023-11-14 22:13 UTC
  EXPECT_EQ(QueuePrefix("q"), "asynq:{q}:");
  EXPECT_EQ(StateKey("q", State::kPending), "asynq:{q}:pending");
  EXPECT_EQ(StateKey("q", State::kArchived), "asynq:{q}:archived");
  EXPECT_EQ(LeaseKey("q"), "asynq:{q}:lease");
  EXPECT_EQ(TaskKey("q", "id-1"), "asynq:{q}:t:id-1");
  EXPECT_EQ(PausedKey("q"), "asynq:{q}:paused");
  EXPECT_EQ(GroupsKey("q"), "asynq:{q}:groups");
  EXPECT_EQ(GroupKey("q", "g1"), "asynq:{q}:g:g1");
  EXPECT_EQ(AggregationSetsKey("q"), "asynq:{q}:aggregation_sets");
  EXPECT_EQ(TotalKey("q", Counter::kFailed), "asynq:{q}:failed");
  EXPECT_EQ(DailyKey("q", Counter::kProcessed, day), "asynq:{q}:processed:2023-11-14");
  EXPECT_EQ(ServerKey("h:1:u"), "asynq:servers:{h:1:u}");
  EXPECT_EQ(ServerWorkersKey("h:1:u"), "asynq:workers:{h:1:u}");
  EXPECT_EQ(SchedulerKey("h:1:u"), "asynq:schedulers:{h:1:u}");
  EXPECT_EQ(SchedulerHistoryKey("e"), "asynq:scheduler_history:e");
}

TEST(KeysTest, AnAbsentPayloadAndAnEmptyOneHaveDifferentLocks) {
  EXPECT_EQ(UniqueKey("default", "email:welcome", R"({"user_id":42})"),
            "asynq:{default}:unique:email:welcome:1181f89307fa271072c095747d5813cc");
  EXPECT_EQ(UniqueKey("q", "t", std::nullopt), "asynq:{q}:unique:t:");
  EXPECT_EQ(UniqueKey("q", "t", ""), "asynq:{q}:unique:t:d41d8cd98f00b204e9800998ecf8427e");
}

TEST(KeysTest, QueueNamesThatBreakTheHashTagAreRefused) {
  EXPECT_EQ(QueueNameProblem("default"), std::nullopt);
  EXPECT_EQ(QueueNameProblem("Low Priority"), std::nullopt);
  EXPECT_EQ(QueueNameProblem(""), "must contain one or more characters");
  EXPECT_EQ(QueueNameProblem(" \t"), "must contain one or more characters");
  EXPECT_EQ(QueueNameProblem("a{b"), "must not contain { or }");
  EXPECT_EQ(QueueNameProblem("a}"), "must not contain { or }");
  EXPECT_EQ(QueueNameProblem("\xff"), "must be valid UTF-8");
  EXPECT_EQ(QueueNameProblem(std::string(200, 'q')), std::nullopt);
  EXPECT_EQ(QueueNameProblem(std::string(201, 'q')), "must be at most 200 bytes long");
}

TEST(StateTest, NamesGoBothWays) {
  for (const State state : kStates) EXPECT_EQ(ParseState(Name(state)), state);
  EXPECT_EQ(ParseState("Pending"), std::nullopt);
}

}  // namespace
}  // namespace smallbiznis::task
