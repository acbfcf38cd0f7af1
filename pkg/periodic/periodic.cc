#include "pkg/periodic/periodic.h"

#include <algorithm>
#include <utility>

namespace smallbiznis::periodic {

Periodic::Periodic(std::function<absl::Duration()> work) : work_(std::move(work)), thread_([this] { Loop(); }) {}

void Periodic::Wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

void Periodic::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Periodic::Loop() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    woken_ = false;
    lock.unlock();
    const absl::Duration pause = std::clamp(work_(), absl::ZeroDuration(), absl::Hours(1));
    lock.lock();
    changed_.wait_for(lock, absl::ToChronoNanoseconds(pause),
                      [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopped_ || woken_; });
  }
}

}  // namespace smallbiznis::periodic
