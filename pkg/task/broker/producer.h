// Adds tasks to queues, in scripts of many.
#pragma once

#include <map>
#include <mutex>
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

// Thread-safe.
class Producer {
 public:
  // The arguments must outlive this.
  Producer(redis::Client& redis, const clock::Clock& clock) : redis_(redis), clock_(clock) {}

  // All of one queue. An answer an addition, in order; the errors are those of redis/error.h.
  std::vector<absl::StatusOr<Added>> Add(std::string_view queue, std::span<const Addition> additions);

 private:
  // Whether the queue's name is to be written again: Redis may have forgotten it.
  bool MustRegister(std::string_view queue);

  redis::Client& redis_;
  const clock::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, absl::Time, std::less<>> registered_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::task
