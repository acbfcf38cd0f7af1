// What a scheduler says of itself in Redis, so that others see its entries and what it enqueued.
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "pkg/clock/clock.h"
#include "pkg/redis/client.h"
#include "pkg/task/wire/message.h"

namespace smallbiznis::task {

// Thread-safe. Everything goes by itself after a crash: the entries after 20 s, an entry's history 90 days after its
// last event.
class Records {
 public:
  // The arguments must outlive this. `id` is "<host>:<pid>:<uuid>".
  Records(redis::Client& redis, const clock::Clock& clock, std::string id)
      : redis_(redis), clock_(clock), id_(std::move(id)) {}

  // Valid for 20 s.
  absl::Status Publish(std::span<const SchedulerEntry> entries);
  // Adds to the histories of entries, which hold 1000 events each. Entry id, event.
  using Event = std::pair<std::string, EnqueueEvent>;
  absl::Status Record(std::span<const Event> events);

  absl::Status Withdraw();
  absl::Status DeleteHistories(std::span<const SchedulerEntry> entries);

 private:
  redis::Client& redis_;
  const clock::Clock& clock_;
  const std::string id_;
};

}  // namespace smallbiznis::task
