#include "pkg/task/server/run/pool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"

namespace smallbiznis::task {

struct Pool::State {
  explicit State(Work what) : work(std::move(what)) {}

  const Work work;
  std::mutex mutex;
  std::condition_variable posted;
  std::condition_variable left;
  std::deque<std::shared_ptr<Attempt>> queue ABSL_GUARDED_BY(mutex);
  int idle ABSL_GUARDED_BY(mutex) = 0;
  bool waking ABSL_GUARDED_BY(mutex) = false;  // a thread was notified and has not woken up yet: it wakes the next
  int outside ABSL_GUARDED_BY(mutex) = 0;      // threads that are not in a handler
  bool closed ABSL_GUARDED_BY(mutex) = false;
};

Pool::Pool(int threads, Work work) : state_(std::make_shared<State>(std::move(work))) {
  for (int i = 0; i < threads; ++i) AddThread();
}

Pool::~Pool() {
  std::unique_lock lock(state_->mutex);
  state_->closed = true;
  state_->queue.clear();
  state_->posted.notify_all();
  state_->left.wait(lock, [this] { return state_->outside == 0; });
}

void Pool::AddThread() {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->closed) return;
    ++state_->outside;
  }
  std::thread([state = state_] { Loop(state); }).detach();
}

void Pool::Post(std::vector<std::shared_ptr<Attempt>> attempts) {
  const std::lock_guard lock(state_->mutex);
  if (state_->closed) return;
  for (std::shared_ptr<Attempt>& attempt : attempts) state_->queue.push_back(std::move(attempt));
  if (state_->queue.empty()) state_->work.all_begun();
  if (state_->idle > 0 && !std::exchange(state_->waking, true)) state_->posted.notify_one();
}

void Pool::Loop(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  while (!state->closed) {
    if (state->queue.empty()) {
      ++state->idle;
      state->posted.wait(lock);  // and looks again: somebody else may have taken what it was woken for
      --state->idle;
      state->waking = false;
      continue;
    }
    const std::shared_ptr<Attempt> attempt = std::move(state->queue.front());
    state->queue.pop_front();
    if (state->queue.empty()) {
      state->work.all_begun();
    } else if (state->idle > 0 && !std::exchange(state->waking, true)) {
      state->posted.notify_one();
    }
    --state->outside;
    lock.unlock();
    const absl::Status result = state->work.call(*attempt);
    lock.lock();
    ++state->outside;
    if (state->closed) break;
    lock.unlock();
    const bool stay = state->work.end(attempt, result);
    lock.lock();
    if (!stay) break;
  }
  if (--state->outside == 0) state->left.notify_all();
}

}  // namespace smallbiznis::task
