// Each test is about a defect that asynq v0.26.0 has, seen in its source or by experiment, and that is absent here.
// Others are beside what they are about: locks that outlive their tasks and archives that leave hashes in
// inspect/*_test.cc, groups that are forgotten in broker/groups_integration_test.cc, a scheduler's history in
// schedule/scheduler_integration_test.cc, the lock of a refused task in client_integration_test.cc.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <latch>

#include "pkg/log/testing.h"
#include "pkg/redis/testing/server.h"
#include "pkg/status/status.h"
#include "pkg/task/broker/maintenance.h"
#include "pkg/task/server/server.h"
#include "pkg/task/testing.h"

namespace smallbiznis::task {
namespace {

class AsynqDefectsTest : public QueueTest {
 protected:
  void Enqueue(const std::string& id) {
    const auto info = client_.Enqueue({.type = "t"}, {.queue = queue_, .id = id});
    ASSERT_TRUE(info.ok()) << info.status();
  }
  absl::StatusOr<Consumer::Batch> Dequeue() {
    return consumer_.Dequeue(
        {.queue = queue_, .most = 10, .lease_end = clock_.Now() + absl::Seconds(30), .owner = "me"});
  }

  Consumer consumer_{redis_, clock_};
};

// asynq takes the id out of `active`, then fails at the lease that is not there: the id is in no list any more.
TEST_F(AsynqDefectsTest, AnEndWithoutALeaseChangesNothing) {
  Enqueue("one");
  ASSERT_EQ(Dequeue()->tasks.size(), 1U);
  Ask({"DEL", LeaseKey(queue_)});
  for (const Outcome outcome : {Outcome::kDone, Outcome::kRetry, Outcome::kArchive, Outcome::kRequeue}) {
    const Ending ending{.id = "one",
                        .owner = "me",
                        .lease_end = clock_.Now() + absl::Seconds(30),
                        .outcome = outcome,
                        .message = MessageOf("one"),
                        .at = clock_.Now()};
    const auto ended = consumer_.Finish(queue_, {&ending, 1});
    ASSERT_TRUE(ended.ok()) << ended.status();
    EXPECT_EQ((*ended)[0], Ended::kLost);
    EXPECT_EQ(Text({"LINDEX", StateKey(queue_, State::kActive), "0"}), "one");
    EXPECT_EQ(StateOf("one"), "active");
  }
}

// asynq makes such an id active, and nobody can take it away.
TEST_F(AsynqDefectsTest, AnIdWithoutATaskDoesNotBecomeActive) {
  Enqueue("real");
  Ask({"LPUSH", StateKey(queue_, State::kPending), "ghost"});
  const auto batch = Dequeue();
  ASSERT_TRUE(batch.ok()) << batch.status();
  ASSERT_EQ(batch->tasks.size(), 1U);
  EXPECT_EQ(batch->tasks[0].id, "real");
  EXPECT_EQ(Integer({"LLEN", StateKey(queue_, State::kActive)}), 1);
  EXPECT_EQ(Integer({"LLEN", StateKey(queue_, State::kPending)}), 0);
  EXPECT_EQ(Integer({"EXISTS", TaskKey(queue_, "ghost")}), 0);
}

// asynq writes it all the same: a hash without a message that nothing deletes.
TEST_F(AsynqDefectsTest, AResultOfADeletedTaskIsRefused) {
  Enqueue("one");
  ASSERT_EQ(Dequeue()->tasks.size(), 1U);
  Ask({"DEL", TaskKey(queue_, "one")});
  EXPECT_EQ(status::Reason(consumer_.WriteResult(queue_, "one", "me", "42")), "TASK_LOST");
  EXPECT_EQ(Integer({"EXISTS", TaskKey(queue_, "one")}), 0);
}

// asynq counts both.
TEST_F(AsynqDefectsTest, AnIdThatWasPendingTwiceEndsOnce) {
  Enqueue("one");
  Ask({"LPUSH", StateKey(queue_, State::kPending), "one"});
  ASSERT_EQ(Dequeue()->tasks.size(), 2U);
  const Ending ending{.id = "one",
                      .owner = "me",
                      .lease_end = clock_.Now() + absl::Seconds(30),
                      .message = MessageOf("one"),
                      .at = clock_.Now()};
  const Ending both[] = {ending, ending};
  const auto ended = consumer_.Finish(queue_, both);
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ(*ended, (std::vector<Ended>{Ended::kEnded, Ended::kLost}));
  EXPECT_EQ(Text({"GET", TotalKey(queue_, Counter::kProcessed)}), "1");
}

// asynq keeps one less than it says, and takes no limit.
TEST_F(AsynqDefectsTest, TheArchiveKeepsAsManyAsItsLimitSays) {
  for (int i = 0; i < 7; ++i) {
    const std::string id = std::to_string(i);
    Ask({"HSET", TaskKey(queue_, id), "msg", "", "state", "archived"});
    Ask({"ZADD", StateKey(queue_, State::kArchived), std::to_string(absl::ToUnixSeconds(clock_.Now()) - 10 + i), id});
  }
  Maintenance maintenance(redis_, clock_);
  const auto trimmed = maintenance.TrimArchive(queue_, {.most = 5});
  ASSERT_TRUE(trimmed.ok()) << trimmed.status();
  EXPECT_EQ(*trimmed, 2);
  EXPECT_EQ(Integer({"ZCARD", StateKey(queue_, State::kArchived)}), 5);
  EXPECT_EQ(StateOf("2"), "archived") << "the oldest go first";
  EXPECT_EQ(Integer({"EXISTS", TaskKey(queue_, "0"), TaskKey(queue_, "1")}), 0);
}

// On a Redis of its own, to be stopped.
class OutageTest : public testing::Test {
 protected:
  static constexpr absl::Duration kTimeout = absl::Milliseconds(300);

  std::unique_ptr<Server> Start(Handler handler) {
    auto server = Server::Start({.redis = Options(), .clock = clock_, .logger = log_.logger()}, {.concurrency = 2},
                                std::move(handler));
    EXPECT_TRUE(server.ok()) << server.status();
    return *std::move(server);
  }
  redis::Options Options() const {
    redis::Options options = redis_.options();
    options.command_timeout = kTimeout;
    return options;
  }
  bool Logged(std::string_view text) {
    return Eventually([&] {
      for (const std::string& line : log_.lines()) {
        if (line.find(text) != std::string::npos) return true;
      }
      return false;
    });
  }

  redis::TestServer redis_;
  const clock::SystemClock clock_;
  log::CapturedLog log_;
};

// asynq's retry of a failed acknowledgement runs with a context that is cancelled by then: the task runs again.
TEST_F(OutageTest, AnEndIsWrittenWhenRedisIsBack) {
  std::atomic<int> calls = 0;
  std::latch enqueued(1);  // Redis may answer the fetch first when both came at the same time
  const auto server = Start([&](Attempt&) {
    ++calls;
    enqueued.wait();
    redis_.Suspend();
    return absl::OkStatus();
  });
  redis::Client redis(redis_.options());
  Client client(redis, clock_);
  ASSERT_TRUE(client.Enqueue({.type = "t"}, {.id = "one"}).ok());
  enqueued.count_down();
  EXPECT_TRUE(Logged("cannot write how tasks ended; trying again"));
  redis_.Resume();
  const std::string task = TaskKey("default", "one");
  EXPECT_TRUE(Eventually([&] { return redis_.Call(redis::Command("EXISTS").Key(task)) == redis::Reply::Integer(0); }));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(redis_.Call(redis::Command("GET").Key(TotalKey("default", Counter::kProcessed))), redis::Reply::Bulk("1"));
}

// asynq's loops go round without a pause.
TEST_F(OutageTest, WaitingForRedisTakesNoProcessor) {
  const auto server = Start([](Attempt&) { return absl::OkStatus(); });
  const auto processor = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) { return absl::Seconds(time.tv_sec) + absl::Microseconds(time.tv_usec); };
    return of(usage.ru_utime) + of(usage.ru_stime);
  };
  redis_.Kill();
  ASSERT_TRUE(Logged("cannot take tasks"));
  const absl::Duration before = processor();
  const absl::Time from = clock_.Now();
  ASSERT_TRUE(Eventually([&] { return clock_.Now() - from > absl::Seconds(2); }));
  EXPECT_LT(processor() - before, absl::Seconds(1)) << "of the 2 s that Redis was away";
}

}  // namespace
}  // namespace smallbiznis::task
