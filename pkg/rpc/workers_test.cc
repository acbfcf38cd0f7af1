#include "pkg/rpc/workers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace smallbiznis::rpc {
namespace {

// Keeps the only worker busy until it is opened.
class Gate {
 public:
  explicit Gate(Workers& workers) {
    EXPECT_TRUE(workers.TryPost([this] {
      entered_.set_value();
      open_.get_future().wait();
    }));
    entered_.get_future().wait();
  }
  void Open() { open_.set_value(); }

 private:
  std::promise<void> entered_, open_;
};

TEST(WorkersTest, RunsJobsInTheOrderOfTheirPosting) {
  std::vector<int> order;
  Workers workers({.threads = 1, .queue_limit = 4});
  for (int round = 0; round < 3; ++round) {  // past the end of the ring
    Gate gate(workers);
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(workers.TryPost([&order, i] { order.push_back(i); }));
    std::promise<void> done;
    gate.Open();
    while (!workers.TryPost([&done] { done.set_value(); })) std::this_thread::yield();
    done.get_future().wait();
  }
  EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3));
}

TEST(WorkersTest, RefusesBeyondTheLimitAndAcceptsAgainAfterwards) {
  Workers workers({.threads = 1, .queue_limit = 2});
  Gate gate(workers);
  EXPECT_TRUE(workers.TryPost([] {}));
  EXPECT_TRUE(workers.TryPost([] {}));
  EXPECT_EQ(workers.queued(), 2);
  EXPECT_FALSE(workers.TryPost([] { FAIL() << "was refused"; }));
  gate.Open();
  std::promise<void> done;
  while (!workers.TryPost([&done] { done.set_value(); })) std::this_thread::yield();
  done.get_future().wait();
}

TEST(WorkersTest, DrainFinishesWhatWasAcceptedAndRefusesMore) {
  Workers workers({.threads = 2, .queue_limit = 64});
  std::atomic<int> ran = 0;
  Gate gate(workers);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(workers.TryPost([&ran] { ++ran; }));
  std::thread opener([&gate] { gate.Open(); });
  workers.Drain();
  EXPECT_EQ(ran, 50);
  EXPECT_FALSE(workers.TryPost([&ran] { ++ran; }));
  workers.Drain();
  opener.join();
}

TEST(WorkersTest, DestructorWaitsForAcceptedJobs) {
  std::atomic<int> ran = 0;
  {
    Workers workers({.threads = 3, .queue_limit = 1000});
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(workers.TryPost([&ran] { ++ran; }));
  }
  EXPECT_EQ(ran, 1000);
}

TEST(WorkersTest, LetsGoOfWhatAJobHoldsBeforeDrainReturns) {
  Workers workers({.threads = 1, .queue_limit = 4});
  auto held = std::make_shared<int>(1);
  EXPECT_TRUE(workers.TryPost([held] {}));
  workers.Drain();
  EXPECT_EQ(held.use_count(), 1);
}

// Many posters, few slots: nothing accepted is lost, nothing runs twice, no worker sleeps through a job.
TEST(WorkersTest, EveryAcceptedJobRunsOnceUnderContention) {
  constexpr int kPosters = 4, kJobs = 5000;
  std::vector<std::atomic<int>> ran(kPosters * kJobs);
  std::atomic<int> refused = 0;
  {
    Workers workers({.threads = 3, .queue_limit = 8});
    std::vector<std::thread> posters;
    for (int p = 0; p < kPosters; ++p) {
      posters.emplace_back([&, p] {
        for (int i = 0; i < kJobs; ++i) {
          std::atomic<int>& count = ran[p * kJobs + i];
          while (!workers.TryPost([&count] { ++count; })) {
            ++refused;
            std::this_thread::yield();
          }
        }
      });
    }
    for (std::thread& poster : posters) poster.join();
  }
  for (const std::atomic<int>& count : ran) ASSERT_EQ(count, 1);
}

// One job at a time, each posted only after the one before has run: a lost wake-up would hang here.
TEST(WorkersTest, WakesAnIdleWorkerForEveryJob) {
  Workers workers({.threads = 2, .queue_limit = 8});
  for (int i = 0; i < 2000; ++i) {
    std::promise<void> done;
    ASSERT_TRUE(workers.TryPost([&done] { done.set_value(); }));
    done.get_future().wait();
  }
}

}  // namespace
}  // namespace smallbiznis::rpc
