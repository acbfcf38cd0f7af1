#include "services/queue/api_messages.h"

#include <gmock/gmock.h>

#include "pkg/status/status.h"

namespace smallbiznis::queue {
namespace {

TEST(ApiMessagesTest, EveryStateThereAndBack) {
  for (const task::State state : task::kStates) EXPECT_EQ(*ParseState(ToProto(state)), state);
  for (const int number : {0, 8, -1}) {
    const absl::Status refused = ParseState(static_cast<v1::TaskState>(number)).status();
    ASSERT_EQ(status::FieldViolations(refused).size(), 1U);
    EXPECT_EQ(status::FieldViolations(refused)[0].field, "state");
  }
}

TEST(ApiMessagesTest, ATaskWithEverythingItHas) {
  task::TaskInfo info;
  info.message = {.type = "t",
                  .payload = std::string("\0\xff", 2),
                  .id = "id",
                  .queue = "q",
                  .max_retry = 3,
                  .retried = 1,
                  .error = "boom",
                  .timeout = absl::Seconds(30),
                  .deadline = absl::FromUnixSeconds(1700000100),
                  .unique_key = "",
                  .last_failed_at = absl::FromUnixSeconds(1700000000),
                  .retention = absl::Minutes(1),
                  .completed_at = absl::FromUnixSeconds(1700000050),
                  .group = "g",
                  .headers = {{"k", "v"}}};
  info.state = task::State::kRetry;
  info.next_process_at = absl::FromUnixMillis(1700000200500);
  info.result = "r";
  info.orphaned = true;
  v1::Task task;
  ToProto(info, task);
  EXPECT_EQ(task.payload(), info.message.payload);
  EXPECT_EQ(task.state(), v1::RETRY);
  EXPECT_EQ(task.timeout().seconds(), 30);
  EXPECT_EQ(task.deadline().seconds(), 1700000100);
  EXPECT_EQ(task.last_fail_time().seconds(), 1700000000);
  EXPECT_EQ(task.retention().seconds(), 60);
  EXPECT_EQ(task.complete_time().seconds(), 1700000050);
  EXPECT_EQ(task.next_process_time().seconds(), 1700000200);
  EXPECT_EQ(task.next_process_time().nanos(), 500'000'000);
  EXPECT_EQ(task.headers().at("k"), "v");
  EXPECT_EQ(task.result(), "r");
  EXPECT_TRUE(task.orphaned());
}

// One task with a deadline in the year 292277026596 must not hide a page of others.
TEST(ApiMessagesTest, WhatAFieldCannotHoldIsLeftOut) {
  task::TaskInfo info;
  info.message.queue = "\xff";
  info.message.deadline = absl::FromUnixSeconds(std::numeric_limits<int64_t>::max());
  info.message.last_failed_at = absl::FromUnixSeconds(std::numeric_limits<int64_t>::min());
  info.message.timeout = absl::Seconds(std::numeric_limits<int64_t>::max());
  info.message.retention = absl::InfiniteDuration();
  v1::Task task;
  ToProto(info, task);
  EXPECT_FALSE(task.has_deadline());
  EXPECT_FALSE(task.has_last_fail_time());
  EXPECT_FALSE(task.has_timeout());
  EXPECT_FALSE(task.has_retention());
  EXPECT_EQ(task.queue(), "\xef\xbf\xbd");
}

}  // namespace
}  // namespace smallbiznis::queue
