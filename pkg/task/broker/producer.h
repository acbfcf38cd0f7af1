// Adds tasks to queues, in scripts of many.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <semaphore>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/redis/client.h"
#include "pkg/task/broker/addition.h"

namespace smallbiznis::task {

// Thread-safe. What threads add at the same time, each on its own, travels in one script: while one waits for Redis,
// the others line up for the next.
class Producer {
 public:
  // The arguments must outlive this.
  Producer(redis::Client& redis, const clock::Clock& clock) : redis_(redis), clock_(clock) {}

  // The errors are those of redis/error.h. Takes as long as two commands may at most.
  absl::StatusOr<Added> Add(const Addition& addition);
  // All of one queue. An answer an addition, in order.
  std::vector<absl::StatusOr<Added>> Add(std::string_view queue, std::span<const Addition> additions);

  // Add for what one script takes, in two steps: Redis adds these while more are put together. What one thread starts
  // is added in that order.
  static constexpr size_t kTasksPerScript = 500;
  // Into how many tasks a script `count` of them are to be cut: what fits into one stays whole, so that it is added or
  // not; of more, Redis can begin with the first early.
  static constexpr size_t Portion(size_t count) {
    return count <= kTasksPerScript ? kTasksPerScript : kTasksPerScript / 2;
  }
  class Started {
   public:
    // Once.
    std::vector<absl::StatusOr<Added>> Wait();

   private:
    friend class Producer;
    std::unique_ptr<redis::Pending> pending_;
    size_t count_ = 0;
    bool plain_ = false;  // the script was enqueue_pending.lua
  };
  // At most kTasksPerScript.
  Started Start(std::string_view queue, std::span<const Addition> additions);

 private:
  // What callers that add one task each send together. Who opens it leads: it waits for its turn, sends, and says once
  // to all the others that it is done.
  struct Batch {
    std::vector<std::pair<std::string, std::string>> tasks;  // id and message
    size_t bytes = 0;                                        // of the messages
    std::binary_semaphore turn{0};
    std::atomic<int> done = 0;                   // an int: what the system can wake many from at once
    std::vector<absl::StatusOr<Added>> answers;  // once it is done
  };
  // Of one queue.
  struct Line {
    absl::Time registered_at = absl::InfinitePast();
    bool sending = false;
    std::deque<std::shared_ptr<Batch>> batches;  // that wait; who comes joins the last one
  };

  Line& LineOf(std::string_view queue) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Lead(std::string_view queue, Line& line, Batch& batch);
  std::vector<absl::StatusOr<Added>> Send(std::string_view queue, const Batch& batch);
  // The script, and before it what writes the queue's name when it is time to: Redis may have forgotten it.
  std::vector<redis::Command> WithName(std::string_view queue, redis::Command script);

  redis::Client& redis_;
  const clock::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Line, std::less<>> lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::task
