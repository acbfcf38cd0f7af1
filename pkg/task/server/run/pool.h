// The threads on which handlers run.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "pkg/task/server/run/attempt.h"

namespace smallbiznis::task {

// Thread-safe. A thread that is stuck in a handler is never waited for: it keeps what it needs alive and ends by
// itself.
class Pool {
 public:
  struct Work {
    // May never return, and may return when the pool is gone.
    std::function<absl::Status(Attempt&)> call;
    // What the call came to. Answers false when the attempt was given up on meanwhile: the thread has a successor. Not
    // called any more once the pool is being destroyed.
    std::function<bool(const std::shared_ptr<Attempt>&, const absl::Status&)> end;
    // Nothing that was posted waits for a thread any more. Called under the pool's lock, and not once the pool is being
    // destroyed.
    std::function<void()> all_begun;
  };
  Pool(int threads, Work work);
  // What was posted and not begun is not run any more; waits for the threads that are not in a handler.
  ~Pool();

  void Post(std::vector<std::shared_ptr<Attempt>> attempts);
  // One more thread, in place of one that is stuck.
  void AddThread();

 private:
  struct State;
  static void Loop(const std::shared_ptr<State>& state);
  const std::shared_ptr<State> state_;
};

}  // namespace smallbiznis::task
