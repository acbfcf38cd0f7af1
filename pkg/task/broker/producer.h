// Adds tasks to queues, in scripts of many.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <semaphore>
#include <span>
#include <string>
#include <string_view>
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

 private:
  // Who adds one task and waits.
  struct Caller {
    std::string id;
    std::string bytes;
    absl::StatusOr<Added> answer = absl::UnknownError("not asked");
    bool done = false;
    std::shared_ptr<std::binary_semaphore> bell;  // rung when it is done, or leads; null: it has led from the start
  };
  // Of one queue.
  struct Line {
    absl::Time registered_at = absl::InfinitePast();
    std::vector<Caller*> waiting;
    bool led = false;
  };

  Line& LineOf(std::string_view queue) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static std::vector<Caller*> TakeTogether(Line& line);
  void AddTogether(std::string_view queue, std::span<Caller* const> callers);
  // Writes the queue's name before that, when it is time to: Redis may have forgotten it.
  std::vector<absl::StatusOr<redis::Reply>> Send(std::string_view queue, std::vector<redis::Command> commands);

  redis::Client& redis_;
  const clock::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Line, std::less<>> lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::task
