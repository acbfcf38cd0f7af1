// How many more tasks a server may run.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace smallbiznis::task {

// Thread-safe.
class Slots {
 public:
  explicit Slots(int count) : count_(count), half_((count + 1) / 2), free_(count) {}

  // How many to fill now, or 0 when closed. At most half of all: while Redis looks for those, the other half runs. And
  // not before what was taken has begun, unless half is free: few large portions cost less than many small ones.
  int WaitForFree() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return (free_ > 0 && begun_) || free_ >= half_ || closed_;
    });
    return closed_ ? 0 : std::min(free_, half_);
  }
  void Take(int count) {
    const std::lock_guard lock(mutex_);
    free_ -= count;
    begun_ = false;
  }
  void AllBegun() {
    const std::lock_guard lock(mutex_);
    begun_ = true;
    if (free_ > 0) changed_.notify_all();
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    ++free_;
    if ((free_ == 1 && begun_) || free_ == half_ || free_ == count_) changed_.notify_all();
  }
  // Whether nothing runs any more before the limit.
  bool WaitUntilAllFree(absl::Duration limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, absl::ToChronoNanoseconds(limit),
                             [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return free_ == count_; });
  }
  void Close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  const int count_;
  const int half_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int free_ ABSL_GUARDED_BY(mutex_);
  bool begun_ ABSL_GUARDED_BY(mutex_) = true;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace smallbiznis::task
