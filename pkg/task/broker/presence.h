// What programs say of themselves in Redis, so that others see which servers there are and what they work on.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "pkg/clock/clock.h"
#include "pkg/redis/client.h"
#include "pkg/task/wire/message.h"

namespace smallbiznis::task {

// Thread-safe.
class Presence {
 public:
  // The arguments must outlive this. `id` is "<host>:<pid>:<uuid>".
  Presence(redis::Client& redis, const clock::Clock& clock, std::string id)
      : redis_(redis), clock_(clock), id_(std::move(id)) {}

  // Valid for 10 s. Writes the names of the server's queues again, too.
  absl::Status Publish(const ServerInfo& server, std::span<const WorkerInfo> workers);
  absl::Status Clear();

 private:
  redis::Client& redis_;
  const clock::Clock& clock_;
  const std::string id_;
};

}  // namespace smallbiznis::task
