// How many more tasks a server may run.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace smallbiznis::task {

// Thread-safe. Whoever fetches tasks reserves slots for them, and gives back what it found no tasks for.
class Slots {
 public:
  explicit Slots(int count) : count_(count), portion_(std::min((count + 1) / 2, kMostAtOnce)), free_(count) {}

  // Answers how many were reserved, or 0 when closed. At most half of all: while Redis looks for those, the other half
  // runs. And not before what was taken has begun, unless half is free: few large portions cost less than many small
  // ones.
  int Reserve() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return MayFetch() || closed_; });
    fetching_ = true;
    const int reserved = ReservePortion();
    if (MayFetchBeside()) beside_.notify_one();
    return reserved;
  }
  // As much, at once or not at all, whoever else fetches. Release ends it.
  int TryReserve() {
    const std::lock_guard lock(mutex_);
    return MayFetch() ? ReservePortion() : 0;
  }
  // For another one who fetches while the first is under way, as long as the queues have more than that takes.
  int ReserveBeside() {
    std::unique_lock lock(mutex_);
    beside_.wait(lock, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return MayFetchBeside() || closed_; });
    return ReservePortion();
  }
  // Ends the reservation of Reserve or ReserveBeside. All were used: there may be more tasks.
  void Return(int unused) {
    const std::lock_guard lock(mutex_);
    fetching_ = false;
    more_ = unused == 0;
    Add(unused);
  }
  void ReturnBeside(int unused) {
    const std::lock_guard lock(mutex_);
    if (unused > 0) more_ = false;
    Add(unused);
  }
  // Tasks were taken and are about to begin.
  void Taken() {
    const std::lock_guard lock(mutex_);
    begun_ = false;
  }
  void AllBegun() {
    const std::lock_guard lock(mutex_);
    begun_ = true;
    if (free_ > 0) changed_.notify_all();
  }
  void Release(int slots = 1) {
    const std::lock_guard lock(mutex_);
    Add(slots);
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
    beside_.notify_all();
  }

 private:
  static constexpr int kMostAtOnce = 100;

  bool MayFetch() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return (free_ > 0 && begun_) || free_ >= portion_; }
  bool MayFetchBeside() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return fetching_ && more_ && free_ >= portion_; }
  int ReservePortion() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const int reserved = closed_ ? 0 : std::min(free_, portion_);
    free_ -= reserved;
    return reserved;
  }
  void Add(int slots) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const int before = std::exchange(free_, free_ + slots);
    const bool reached = before < portion_ && free_ >= portion_;
    if ((before == 0 && begun_) || reached || free_ == count_) changed_.notify_all();
    if (reached && MayFetchBeside()) beside_.notify_one();
  }

  const int count_;
  const int portion_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable beside_;
  int free_ ABSL_GUARDED_BY(mutex_);
  bool begun_ ABSL_GUARDED_BY(mutex_) = true;
  bool fetching_ ABSL_GUARDED_BY(mutex_) = false;
  bool more_ ABSL_GUARDED_BY(mutex_) = false;  // in the queues than was asked for
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace smallbiznis::task
