// Puts tasks into queues.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/redis/client.h"
#include "pkg/task/broker/producer.h"
#include "pkg/task/task.h"

namespace smallbiznis::task {

// Thread-safe. Each task is added whole or not at all.
//
// Errors: INVALID_ARGUMENT naming the field; ALREADY_EXISTS, reason TASK_DUPLICATE (its unique lock is held) or
// TASK_ID_CONFLICT (the id is taken); RESOURCE_EXHAUSTED, reason REDIS_OUT_OF_MEMORY; UNAVAILABLE, reason
// REDIS_UNAVAILABLE (not added) or REDIS_REPLY_LOST (it may have been added: with an id of the caller's own, trying
// again is safe).
class Client {
 public:
  struct Options {
    size_t max_payload_bytes = size_t{1} << 20;
  };
  // The arguments must outlive this.
  Client(redis::Client& redis, const clock::Clock& clock) : Client(redis, clock, Options()) {}
  Client(redis::Client& redis, const clock::Clock& clock, Options options);

  absl::StatusOr<TaskInfo> Enqueue(const Task& task, const EnqueueOptions& options = {});

  // An answer a task, in order. Up to 500 tasks go in one script for each queue, which Redis runs whole or, when it
  // fails, not at all; more go in scripts of 250, each sent while the next is being put together, and one may fail
  // alone.
  std::vector<absl::StatusOr<TaskInfo>> EnqueueAll(std::span<const NewTask> tasks);

 private:
  class Bulk;

  const clock::Clock& clock_;
  const Options options_;
  Producer producer_;
};

}  // namespace smallbiznis::task
