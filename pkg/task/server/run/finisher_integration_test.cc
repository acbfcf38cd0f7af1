#include "pkg/task/server/run/finisher.h"

#include <gtest/gtest.h>

#include "pkg/log/testing.h"
#include "pkg/task/testing.h"

namespace smallbiznis::task {
namespace {

class FinisherTest : public QueueTest {
 protected:
  // Posts the end of a task that was just taken.
  void PostOne(const std::string& id) {
    ASSERT_TRUE(client_.Enqueue({.type = "t"}, {.queue = queue_, .id = id}).ok());
    const absl::Time lease_end = clock_.Now() + absl::Seconds(30);
    ASSERT_TRUE(consumer_.Dequeue({.queue = queue_, .most = 1, .lease_end = lease_end, .owner = "me"}).ok());
    Message message = MessageOf(id);
    message.queue = queue_;
    const auto attempt = std::make_shared<Attempt>(
        Attempt::Start{.message = message, .owner = "me", .sequence = ++sequence_, .lease_end = lease_end}, consumer_);
    active_.Add(attempt);
    finisher_.Post(attempt, {.outcome = Outcome::kDone, .message = message, .at = {}});
  }

  Consumer consumer_{redis_, clock_};
  Active active_;
  log::CapturedLog log_;
  uint64_t sequence_ = 0;
  Finisher finisher_{{.consumer = consumer_, .active = active_, .clock = clock_, .logger = log_.logger()}};
};

TEST_F(FinisherTest, WritesByItself) {
  PostOne("one");
  EXPECT_TRUE(finisher_.WaitUntilWritten(absl::Seconds(20)));
  EXPECT_EQ(StateOf("one"), "");
  EXPECT_EQ(active_.size(), 0U);
}

TEST_F(FinisherTest, WhatIsCarriedIsActiveUntilItIsUnloaded) {
  finisher_.ExpectCarrier(true);
  PostOne("one");
  Finisher::Load load = finisher_.Carry(queue_);
  ASSERT_EQ(load.endings.size(), 1U);
  EXPECT_EQ(active_.size(), 1U);
  EXPECT_FALSE(finisher_.WaitUntilWritten(absl::ZeroDuration()));
  const auto ended = consumer_.Finish(queue_, load.endings);
  finisher_.Unload(queue_, std::move(load), ended);
  EXPECT_TRUE(finisher_.WaitUntilWritten(absl::Seconds(20)));
  EXPECT_EQ(active_.size(), 0U);
  EXPECT_EQ(StateOf("one"), "");
}

TEST_F(FinisherTest, WhatNobodyCarriesIsWritten) {
  finisher_.ExpectCarrier(true);
  PostOne("one");
  finisher_.ExpectCarrier(false);
  EXPECT_TRUE(finisher_.WaitUntilWritten(absl::Seconds(20)));
  EXPECT_EQ(StateOf("one"), "");
}

TEST_F(FinisherTest, WhatIsPostedWhileOthersAreCarriedIsWritten) {
  finisher_.ExpectCarrier(true);
  PostOne("one");
  Finisher::Load load = finisher_.Carry(queue_);
  finisher_.ExpectCarrier(false);
  PostOne("two");
  const auto ended = consumer_.Finish(queue_, load.endings);
  finisher_.Unload(queue_, std::move(load), ended);
  EXPECT_TRUE(finisher_.WaitUntilWritten(absl::Seconds(20)));
  EXPECT_EQ(StateOf("two"), "");
}

TEST_F(FinisherTest, WhatCouldNotBeCarriedIsWrittenLater) {
  finisher_.ExpectCarrier(true);
  PostOne("one");
  finisher_.Unload(queue_, finisher_.Carry(queue_), absl::UnavailableError("the cable is out"));
  EXPECT_EQ(active_.size(), 1U);
  finisher_.ExpectCarrier(false);
  EXPECT_TRUE(finisher_.WaitUntilWritten(absl::Seconds(20)));
  EXPECT_EQ(StateOf("one"), "");
  EXPECT_EQ(active_.size(), 0U);
}

}  // namespace
}  // namespace smallbiznis::task
