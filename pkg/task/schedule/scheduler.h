// Enqueues tasks at the times of cron specs, once each, however many schedulers run.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/log/logger.h"
#include "pkg/redis/client.h"
#include "pkg/task/schedule/entry.h"
#include "pkg/task/schedule/plan.h"

namespace smallbiznis::task {

struct SchedulerOptions {
  std::string name = "default";               // of the schedulers of which one leads; as a queue's
  absl::TimeZone zone = absl::UTCTimeZone();  // of specs that name none
  absl::Duration lease = absl::Seconds(15);   // when a leader is gone, another one leads within this; at least 1 s
  CatchUp catch_up;                           // of ticks at which nobody could enqueue; the window is at least 1 s
  size_t max_payload_bytes = size_t{1} << 20;
};

// Run it in as many processes as you like, with the same entries: of the schedulers of one name one leads, and the
// others stand by. Beside the lease there is a fence: a key in the entry's queue that one addition for each tick gets,
// in the script that adds the task. So two that both believe to lead, because one was stopped for a while or Redis was
// asked twice, enqueue a tick once. It holds for an entry, also in schedulers of different names.
//
// A tick is late rather than lost while Redis or every scheduler is away: see CatchUp. Ticks from before an entry was
// registered anywhere are not made good. What the unique lock or the id of a task refuses is logged, and not tried
// again.
//
// Thread-safe.
class Scheduler {
 public:
  struct Environment {  // must outlive the scheduler
    redis::Client& redis;
    const clock::Clock& clock;
    const log::Logger& logger;
  };
  // INVALID_ARGUMENT naming the option.
  static absl::StatusOr<std::unique_ptr<Scheduler>> Create(Environment environment, SchedulerOptions options);
  virtual ~Scheduler() = default;  // stops

  // Before and after Start. Answers the entry's id: see EntryId. INVALID_ARGUMENT, reason CRON_SPEC_INVALID or naming
  // the field; ALREADY_EXISTS, reason SCHEDULE_EXISTS.
  virtual absl::StatusOr<std::string> Register(Entry entry) = 0;
  // NOT_FOUND, reason SCHEDULE_NOT_FOUND. A tick that is just being enqueued is not taken back.
  virtual absl::Status Unregister(std::string_view id) = 0;

  virtual void Start() = 0;  // idempotent
  // Hands over to another one at once; takes the records of a leader out of Redis. Idempotent; there is no second
  // Start.
  virtual void Stop() = 0;

  // As far as it knows.
  virtual bool IsLeading() const = 0;
};

}  // namespace smallbiznis::task
