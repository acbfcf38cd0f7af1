// Works on the tasks of queues.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/log/logger.h"
#include "pkg/redis/options.h"
#include "pkg/task/broker/maintenance.h"
#include "pkg/task/server/aggregation.h"
#include "pkg/task/server/handler.h"
#include "pkg/task/wire/message.h"

namespace smallbiznis::task {

struct ServerOptions {
  int concurrency = 0;                                   // tasks at a time; 0: one for each CPU
  std::map<std::string, int> queues = {{"default", 1}};  // with their weights, at least 1
  bool strict_priority = false;                          // heavier queues first, always

  // When a failed task is tried again; asynq's growing delays when not set.
  std::function<absl::Duration(int retried, const absl::Status&, const Message&)> retry_delay;
  // False: no retry is charged and nothing counted as failed. Every error is a failure when not set.
  std::function<bool(const absl::Status&)> is_failure;
  // Told of every failed attempt, on the thread of its handler.
  std::function<void(const Attempt&, const absl::Status&)> on_error;

  absl::Duration lease = absl::Seconds(30);            // renewed every 5 s; at least 15 s
  absl::Duration shutdown_timeout = absl::Seconds(8);  // for running handlers; then their tasks are put back
  absl::Duration stop_grace = absl::Seconds(2);        // for a handler that was asked to stop
  Maintenance::ArchiveLimits archive;
  Aggregation aggregation;  // of the groups of all its queues; none without a function
};

// A task is done at least once: an attempt that lost its task to another one (its process hung, Redis was away) changes
// nothing any more. While Redis is away nothing stops; what ended meanwhile is written down when it is back.
class Server {
 public:
  // Starts taking tasks. INVALID_ARGUMENT naming the option. `clock` and `logger` must outlive the server, and what
  // `handler` needs must outlive its last call: one that never returns is not waited for.
  struct Environment {
    redis::Options redis;
    const clock::Clock& clock;
    const log::Logger& logger;
  };
  static absl::StatusOr<std::unique_ptr<Server>> Start(Environment environment, ServerOptions options, Handler handler);

  // Shuts down when that has not been done.
  virtual ~Server() = default;

  // Takes no more tasks; those that run go on.
  virtual void Stop() = 0;
  // Stop, then waits for the running tasks; after the shutdown time-out the rest are put back in front of their queues,
  // without a retry being charged. Idempotent.
  virtual void Shutdown() = 0;
};

}  // namespace smallbiznis::task
