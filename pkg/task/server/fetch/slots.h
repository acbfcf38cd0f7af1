// How many more tasks a server may run.
#pragma once

#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace smallbiznis::task {

// Thread-safe.
class Slots {
 public:
  explicit Slots(int count) : count_(count), free_(count) {}

  // At least 1, or 0 when closed.
  int WaitForFree() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return free_ > 0 || closed_; });
    return closed_ ? 0 : free_;
  }
  void Take(int count) {
    const std::lock_guard lock(mutex_);
    free_ -= count;
  }
  void Release() {
    const std::lock_guard lock(mutex_);
    ++free_;
    if (free_ == 1 || free_ == count_) changed_.notify_all();
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
  std::mutex mutex_;
  std::condition_variable changed_;
  int free_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace smallbiznis::task
