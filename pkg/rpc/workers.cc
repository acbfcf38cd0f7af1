#include "pkg/rpc/workers.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc {

absl::Status Busy() {
  return status::WithRetryDelay(
      status::Error(absl::StatusCode::kResourceExhausted, "SERVER_BUSY", "the server is at its limit; try again"),
      absl::Seconds(1));
}

absl::Status Draining() {
  return status::WithRetryDelay(
      status::Error(absl::StatusCode::kUnavailable, "DRAINING", "the server is shutting down; try again"),
      absl::Seconds(1));
}

class Workers::Impl {
 public:
  explicit Impl(Options options) : ring_(static_cast<size_t>(options.queue_limit)) {
    for (int i = 0; i < options.threads; ++i) threads_.emplace_back([this] { Work(); });
  }

  ~Impl() {
    Drain();
    for (std::thread& thread : threads_) thread.join();
  }

  bool TryPost(absl::AnyInvocable<void()> job) {
    const std::lock_guard lock(mutex_);
    if (draining_ || size_ == ring_.size()) return false;
    ring_[(head_ + size_) % ring_.size()] = std::move(job);
    ++size_;
    WakeOne();
    return true;
  }

  void Drain() {
    std::unique_lock lock(mutex_);
    draining_ = true;
    work_.notify_all();
    drained_.wait(lock, [this] { return size_ == 0 && running_ == 0; });
  }

  int queued() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(size_);
  }

 private:
  // At most one wake-up is under way: the worker that wakes up wakes the next when there is more to do. A worker that
  // is awake looks at the queue again before it sleeps.
  void WakeOne() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (idle_ > 0 && !std::exchange(waking_, true)) work_.notify_one();
  }

  void Work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      while (size_ == 0) {
        if (draining_) return;
        ++idle_;
        work_.wait(lock);  // and looks again: somebody else may have taken what it was woken for
        --idle_;
        waking_ = false;
      }
      absl::AnyInvocable<void()> job = std::exchange(ring_[head_], nullptr);
      head_ = (head_ + 1) % ring_.size();
      --size_;
      ++running_;
      if (size_ > 0) WakeOne();
      lock.unlock();
      job();
      job = nullptr;  // what the job holds is let go outside the lock
      lock.lock();
      if (--running_ == 0 && size_ == 0 && draining_) drained_.notify_all();
    }
  }

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable drained_;
  std::vector<absl::AnyInvocable<void()>> ring_ ABSL_GUARDED_BY(mutex_);
  size_t head_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t size_ ABSL_GUARDED_BY(mutex_) = 0;
  int idle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool waking_ ABSL_GUARDED_BY(mutex_) = false;  // a worker was notified and has not woken up yet
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

Workers::Workers(Options options) : impl_(std::make_unique<Impl>(options)) {}
Workers::~Workers() = default;
bool Workers::TryPost(absl::AnyInvocable<void()> job) {
  return impl_->TryPost(std::move(job));
}
void Workers::Drain() {
  impl_->Drain();
}
int Workers::queued() const {
  return impl_->queued();
}

}  // namespace smallbiznis::rpc
