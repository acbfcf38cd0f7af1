#include "pkg/periodic/periodic.h"

#include <gtest/gtest.h>

namespace smallbiznis::periodic {
namespace {

// Counts runs, to be waited for.
class Runs {
 public:
  void Add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  bool WaitFor(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return count_ >= count; });
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

TEST(PeriodicTest, RunsAtOnceAndAgainAfterThePauseItAskedFor) {
  Runs runs;
  Periodic periodic([&] {
    runs.Add();
    return absl::Milliseconds(1);
  });
  EXPECT_TRUE(runs.WaitFor(3));
}

TEST(PeriodicTest, RunsWhenItIsWokenAndNotBefore) {
  Runs runs;
  Periodic periodic([&] {
    runs.Add();
    return absl::InfiniteDuration();
  });
  ASSERT_TRUE(runs.WaitFor(1));
  periodic.Wake();
  ASSERT_TRUE(runs.WaitFor(2));
  periodic.Stop();
  EXPECT_EQ(runs.count(), 2);
}

TEST(PeriodicTest, AWakeUpDuringARunIsNotLost) {
  Runs runs;
  Periodic* self = nullptr;
  std::mutex mutex;
  std::condition_variable ready;
  bool is_ready = false;
  Periodic periodic([&] {
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return is_ready; });
    if (runs.count() == 0) self->Wake();
    runs.Add();
    return absl::InfiniteDuration();
  });
  {
    const std::lock_guard lock(mutex);
    self = &periodic;
    is_ready = true;
    ready.notify_all();
  }
  EXPECT_TRUE(runs.WaitFor(2));
}

TEST(PeriodicTest, StopsTwiceAndNeverRunsAgain) {
  Runs runs;
  Periodic periodic([&] {
    runs.Add();
    return absl::ZeroDuration();
  });
  ASSERT_TRUE(runs.WaitFor(1));
  periodic.Stop();
  const int count = runs.count();
  periodic.Stop();
  periodic.Wake();
  EXPECT_EQ(runs.count(), count);
}

}  // namespace
}  // namespace smallbiznis::periodic
