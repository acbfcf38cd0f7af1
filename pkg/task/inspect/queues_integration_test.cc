#include <gmock/gmock.h>

#include "pkg/task/inspect/testing.h"

namespace smallbiznis::task {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

class QueuesTest : public InspectTest {
 protected:
  const std::string name_ = queue_;
};

TEST_F(QueuesTest, TellsHowAQueueStands) {
  int count = 0;
  for (const State state : kStates) {
    for (int i = 0; i <= static_cast<int>(state); ++i) Put(state, std::to_string(count++));
  }
  const std::string day = absl::FormatTime("%Y-%m-%d", clock_.Now(), absl::UTCTimeZone());
  Ask({"SET", QueuePrefix(queue_) + "processed", "100"});
  Ask({"SET", QueuePrefix(queue_) + "failed", "9"});
  Ask({"SET", QueuePrefix(queue_) + "processed:" + day, "10"});
  Ask({"SET", QueuePrefix(queue_) + "failed:" + day, "3"});
  Ask({"HSET", TaskKey(queue_, "1"), "pending_since",
       std::to_string(absl::ToUnixNanos(clock_.Now() - absl::Hours(1)))});

  const auto info = inspector_.GetQueue(queue_);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->name, queue_);
  for (const State state : kStates) EXPECT_EQ(info->tasks.at(state), static_cast<int>(state) + 1) << Name(state);
  EXPECT_EQ(info->size(), count);
  EXPECT_EQ(info->groups, 1);
  EXPECT_FALSE(info->paused_at.has_value());
  EXPECT_GE(info->latency, absl::Hours(1));
  EXPECT_LT(info->latency, absl::Hours(1) + absl::Minutes(1));
  EXPECT_EQ(info->total.processed, 100);
  EXPECT_EQ(info->total.failed, 9);
  EXPECT_EQ(info->today.processed, 10);
  EXPECT_EQ(info->today.failed, 3);
  EXPECT_GT(info->memory_bytes, count * 100);
  EXPECT_LT(info->memory_bytes, count * 2000);
}

TEST_F(QueuesTest, AnEmptyQueueHasNothing) {
  const auto info = inspector_.GetQueue(queue_);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->size(), 0);
  EXPECT_EQ(info->latency, absl::ZeroDuration());
  EXPECT_EQ(info->memory_bytes, 0);
  EXPECT_EQ(status::Reason(inspector_.GetQueue(queue_ + "-not").status()), "QUEUE_NOT_FOUND");
}

// asynq's look at the memory fails for the whole queue.
TEST_F(QueuesTest, AnIdWithoutATaskDoesNotHideTheQueue) {
  for (const State state : kStates) Put(state, std::string(Name(state)));
  const int64_t before = inspector_.GetQueue(queue_)->memory_bytes;
  for (const State state : kStates) Ask({"DEL", TaskKey(queue_, Name(state))});
  const auto info = inspector_.GetQueue(queue_);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_LT(info->memory_bytes, before);
}

TEST_F(QueuesTest, TheMemoryOfManyTasksIsThatOfASampleTimesTheirNumber) {
  PutMany(State::kScheduled, 20);
  const int64_t few = inspector_.GetQueue(queue_)->memory_bytes;
  PutMany(State::kScheduled, 2000);
  const int64_t many = inspector_.GetQueue(queue_)->memory_bytes;
  EXPECT_GT(many, 80 * few);
  EXPECT_LT(many, 130 * few);
}

TEST_F(QueuesTest, ListsQueuesByName) {
  const std::string second = queue_ + "-2";
  Ask({"SADD", std::string(kQueuesKey), second});
  const auto names = inspector_.ListQueues();
  Ask({"SREM", std::string(kQueuesKey), second});
  ASSERT_TRUE(names.ok()) << names.status();
  EXPECT_THAT(*names, Contains(queue_));
  EXPECT_THAT(*names, Contains(second));
  EXPECT_TRUE(std::is_sorted(names->begin(), names->end()));
}

TEST_F(QueuesTest, TheHistoryHasADayForEachDay) {
  const auto set = [&](int ago, const char* processed) {
    Ask({"SET", DailyKey(queue_, Counter::kProcessed, clock_.Now() - absl::Hours(24 * ago)), processed});
  };
  set(0, "5");
  set(2, "7");
  const auto history = inspector_.History(queue_, 3);
  ASSERT_TRUE(history.ok()) << history.status();
  ASSERT_EQ(history->size(), 3U);
  EXPECT_EQ((*history)[0].attempts.processed, 5);
  EXPECT_EQ((*history)[1].attempts.processed, 0);
  EXPECT_EQ((*history)[2].attempts.processed, 7);
  EXPECT_EQ((*history)[0].date - (*history)[2].date, absl::Hours(48));
  for (const int days : {0, 91}) {
    EXPECT_EQ(inspector_.History(queue_, days).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(QueuesTest, ListsGroups) {
  Put(State::kAggregating, "one");
  Put(State::kAggregating, "two");
  const auto groups = inspector_.ListGroups(queue_);
  ASSERT_TRUE(groups.ok()) << groups.status();
  ASSERT_EQ(groups->size(), 1U);
  EXPECT_EQ((*groups)[0].name, kGroup);
  EXPECT_EQ((*groups)[0].tasks, 2);
}

TEST_F(QueuesTest, PausesAndGoesOn) {
  EXPECT_TRUE(*inspector_.Pause(queue_));
  EXPECT_FALSE(*inspector_.Pause(queue_)) << "it is already";
  const auto info = inspector_.GetQueue(queue_);
  ASSERT_TRUE(info->paused_at.has_value());
  EXPECT_LT(clock_.Now() - *info->paused_at, absl::Minutes(1));
  EXPECT_TRUE(*inspector_.Unpause(queue_));
  EXPECT_FALSE(*inspector_.Unpause(queue_));
  EXPECT_FALSE(inspector_.GetQueue(queue_)->paused_at.has_value());
  EXPECT_EQ(status::Reason(inspector_.Pause("none").status()), "QUEUE_NOT_FOUND");
}

TEST_F(QueuesTest, AQueueWithTasksIsNotRemovedWithoutForce) {
  for (const State state : kStates) {
    Put(state, "one");
    EXPECT_EQ(status::Reason(inspector_.RemoveQueue(queue_, {})), "QUEUE_NOT_EMPTY") << Name(state);
    EXPECT_EQ(Problem(), "");
    for (const std::string& key : FullQueueKeys()) Ask({"DEL", key});
  }
  Ask({"SET", QueuePrefix(queue_) + "processed", "100"});
  ASSERT_TRUE(inspector_.RemoveQueue(queue_, {}).ok());
  EXPECT_THAT(QueueKeys(), IsEmpty());
  EXPECT_THAT(*inspector_.ListQueues(), Not(Contains(queue_)));
}

// asynq leaves completed tasks, groups, locks, the pause and the counters behind.
TEST_F(QueuesTest, ForceLeavesNothingOfAQueue) {
  for (const State state : kStates) {
    if (state == State::kActive) continue;
    Put(state, std::string(Name(state)), /*unique=*/true);
  }
  const std::string set = GroupKey(queue_, kGroup) + ":set";
  Put(State::kAggregating, "in a set");
  Ask({"ZREM", GroupKey(queue_, kGroup), "in a set"});
  Ask({"ZADD", set, "1", "in a set"});
  Ask({"ZADD", AggregationSetsKey(queue_), "9999999999", set});
  Ask({"SET", QueuePrefix(queue_) + "processed:2020-01-01", "1"});
  Ask({"SET", UniqueKey(queue_, "t", "of nobody"), "nobody"});
  Ask({"HSET", TaskKey(queue_, "lost"), "state", "active"});
  const absl::Status removed = inspector_.RemoveQueue(queue_, {.force = true});
  ASSERT_TRUE(removed.ok()) << removed;
  EXPECT_THAT(QueueKeys(), IsEmpty());
  EXPECT_THAT(*inspector_.ListQueues(), Not(Contains(queue_)));
  EXPECT_EQ(status::Reason(inspector_.RemoveQueue(queue_, {.force = true})), "QUEUE_NOT_FOUND");
}

TEST_F(QueuesTest, ForceStopsAtActiveTasksAndLetsTheQueueGoOn) {
  Put(State::kActive, "busy");
  Put(State::kPending, "waiting");
  const absl::Status refused = inspector_.RemoveQueue(queue_, {.force = true});
  EXPECT_EQ(status::Reason(refused), "QUEUE_NOT_EMPTY");
  EXPECT_EQ(refused.message(), "cannot remove queue with active tasks");
  EXPECT_EQ(StateOf("waiting"), "pending");
  EXPECT_FALSE(inspector_.GetQueue(queue_)->paused_at.has_value());
}

TEST_F(QueuesTest, RemovingAQueueLeavesThoseOfSimilarNames) {
  const std::string special = queue_ + "*[a]?";
  const std::string other = queue_ + "-other";
  for (const std::string& queue : {special, other}) {
    ASSERT_TRUE(client_.Enqueue({.type = "t"}, {.queue = queue, .id = "one"}).ok());
    Ask({"SET", UniqueKey(queue, "t", "of nobody"), "nobody"});
  }
  ASSERT_TRUE(inspector_.RemoveQueue(special, {.force = true}).ok());
  EXPECT_EQ(Integer({"EXISTS", TaskKey(other, "one")}), 1);
  EXPECT_EQ(Integer({"EXISTS", UniqueKey(other, "t", "of nobody")}), 1);
  EXPECT_EQ(Integer({"EXISTS", UniqueKey(special, "t", "of nobody")}), 0);
  ASSERT_TRUE(inspector_.RemoveQueue(other, {.force = true}).ok());
}

}  // namespace
}  // namespace smallbiznis::task
