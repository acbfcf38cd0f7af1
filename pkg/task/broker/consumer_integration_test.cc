#include "pkg/task/broker/consumer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "pkg/task/testing.h"

namespace smallbiznis::task {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

class ConsumerTest : public QueueTest {
 protected:
  // Enqueues tasks "0", "1", ... and takes them all for `owner`.
  void Take(int tasks, std::string_view owner) {
    for (int i = 0; i < tasks; ++i) {
      ASSERT_TRUE(client_.Enqueue({.type = "t"}, {.queue = queue_, .id = std::to_string(next_++)}).ok());
    }
    const auto batch = consumer_.Dequeue({.queue = queue_, .most = tasks, .lease_end = lease_end_, .owner = owner});
    ASSERT_TRUE(batch.ok()) << batch.status();
    ASSERT_EQ(batch->tasks.size(), static_cast<size_t>(tasks));
  }
  Ending Of(std::string id, Outcome outcome = Outcome::kDone, std::string owner = "me") {
    Message message = MessageOf(id);
    return {.id = std::move(id),
            .owner = std::move(owner),
            .lease_end = lease_end_,
            .outcome = outcome,
            .message = std::move(message),
            .at = clock_.Now()};
  }
  std::vector<std::string> Active() {
    const redis::Reply reply = Ask({"LRANGE", StateKey(queue_, State::kActive), "0", "-1"});
    std::vector<std::string> ids;
    const auto elements = reply.AsArray();
    for (const redis::Reply& element : *elements) ids.emplace_back(*element.AsText());
    return ids;
  }

  Consumer consumer_{redis_, clock_};
  const absl::Time lease_end_ = clock_.Now() + absl::Seconds(30);
  int next_ = 0;
};

// What leaves nothing travels in front of the others.
TEST_F(ConsumerTest, EachEndingHasItsOwnAnswer) {
  Take(3, "me");   // 0, 1, 2
  Take(3, "you");  // 3, 4, 5
  const Ending endings[] = {Of("0", Outcome::kRetry),       Of("1"), Of("5"), Of("4", Outcome::kArchive),
                            Of("3", Outcome::kDone, "you"), Of("2"), Of("2")};
  const auto ended = consumer_.Finish(queue_, endings);
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_THAT(*ended, ElementsAre(Ended::kEnded, Ended::kEnded, Ended::kLost, Ended::kLost, Ended::kEnded,
                                  Ended::kEnded, Ended::kLost));
  EXPECT_THAT(Active(), ElementsAre("5", "4"));
  EXPECT_EQ(StateOf("0"), "retry");
  EXPECT_EQ(StateOf("4"), "active");
  EXPECT_EQ(StateOf("1") + StateOf("2") + StateOf("3"), "");
  EXPECT_EQ(Text({"GET", TotalKey(queue_, Counter::kProcessed)}), "4");
  EXPECT_EQ(Text({"GET", TotalKey(queue_, Counter::kFailed)}), "1");
}

// The oldest ones are cut off together; whatever stands between others is taken out one by one.
TEST_F(ConsumerTest, OnlyWhatEndedLeavesTheListOfActiveTasks) {
  Take(7, "me");
  std::vector<Ending> endings = {Of("4"), Of("1"), Of("0"), Of("6")};
  ASSERT_TRUE(consumer_.Finish(queue_, endings).ok());
  EXPECT_THAT(Active(), ElementsAre("5", "3", "2"));
  EXPECT_EQ(Integer({"ZCARD", LeaseKey(queue_)}), 3);
  endings = {Of("3"), Of("5"), Of("2")};
  ASSERT_TRUE(consumer_.Finish(queue_, endings).ok());
  EXPECT_EQ(Integer({"EXISTS", StateKey(queue_, State::kActive), LeaseKey(queue_)}), 0);
}

TEST_F(ConsumerTest, TheOthersKeepTheirOrderWhoeverEnds) {
  std::mt19937 random(20261201);
  const auto below = [&random](size_t limit) { return random() % limit; };
  std::vector<std::string> expected;  // as LRANGE answers: the newest first
  for (int round = 0; round < 200; ++round) {
    const int tasks = static_cast<int>(below(8));
    for (int i = 0; i < tasks; ++i) expected.insert(expected.begin(), std::to_string(next_ + i));
    if (tasks > 0) Take(tasks, "me");
    std::vector<std::string> ids = expected;
    std::shuffle(ids.begin(), ids.end(), random);
    ids.resize(below(ids.size() + 1));
    std::vector<Ending> endings;
    for (const std::string& id : ids) {
      endings.push_back(Of(id));
      endings.back().oldest_first = below(2) == 0;
      std::erase(expected, id);
    }
    const auto ended = consumer_.Finish(queue_, endings);
    ASSERT_TRUE(ended.ok()) << ended.status();
    ASSERT_THAT(*ended, Each(Ended::kEnded));
    ASSERT_EQ(Active(), expected) << "round " << round;
  }
}

TEST_F(ConsumerTest, OneScriptEndsAndTakes) {
  Take(2, "me");
  ASSERT_TRUE(client_.Enqueue({.type = "t"}, {.queue = queue_, .id = "next"}).ok());
  const Ending endings[] = {Of("0"), Of("1")};
  const auto [ended, batch] =
      consumer_.FinishAndDequeue(endings, {.queue = queue_, .most = 5, .lease_end = lease_end_, .owner = "me again"});
  ASSERT_TRUE(ended.ok() && batch.ok()) << ended.status() << batch.status();
  EXPECT_THAT(*ended, ElementsAre(Ended::kEnded, Ended::kEnded));
  ASSERT_EQ(batch->tasks.size(), 1U);
  EXPECT_EQ(batch->tasks[0].id, "next");
  EXPECT_THAT(Active(), ElementsAre("next"));
}

TEST_F(ConsumerTest, APausedQueueGivesNothingButTakesEndings) {
  Take(1, "me");
  ASSERT_TRUE(client_.Enqueue({.type = "t"}, {.queue = queue_, .id = "waits"}).ok());
  Ask({"SET", PausedKey(queue_), "1"});
  const Ending ending = Of("0");
  const auto [ended, batch] = consumer_.FinishAndDequeue(
      {&ending, 1}, {.queue = queue_, .most = 5, .lease_end = lease_end_, .owner = "me again"});
  ASSERT_TRUE(ended.ok() && batch.ok()) << ended.status() << batch.status();
  EXPECT_THAT(*ended, ElementsAre(Ended::kEnded));
  EXPECT_TRUE(batch->paused);
  EXPECT_EQ(StateOf("waits"), "pending");
}

// asynq begins again at 1 as well.
TEST_F(ConsumerTest, ATotalThatIsFullBeginsAgain) {
  Take(2, "me");
  Ask({"SET", TotalKey(queue_, Counter::kProcessed), "9223372036854775806"});
  const Ending endings[] = {Of("0"), Of("1")};
  ASSERT_TRUE(consumer_.Finish(queue_, endings).ok());
  EXPECT_EQ(Text({"GET", TotalKey(queue_, Counter::kProcessed)}), "2");
}

}  // namespace
}  // namespace smallbiznis::task
