// One attempt on a task, as its handler sees it and as the server keeps it.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pkg/task/broker/consumer.h"
#include "pkg/task/wire/message.h"

namespace smallbiznis::task {

// Thread-safe. Lives until its handler has returned, which may be after the server gave up on it.
class Attempt {
 public:
  // Why a handler is asked to stop.
  enum class StopCause { kDeadline, kCancelled, kLeaseLost, kShutdown };

  struct Start {
    Message message;
    std::string owner;
    uint64_t sequence = 0;  // grows with every attempt of a server
    absl::Time started_at;
    absl::Time deadline;
    absl::Time lease_end;
  };
  // `consumer` is used while the attempt has not ended.
  Attempt(Start start, Consumer& consumer)
      : start_(std::move(start)), consumer_(consumer), lease_{start_.lease_end, start_.lease_end} {}

  // For handlers.
  const std::string& id() const { return start_.message.id; }
  const std::string& queue() const { return start_.message.queue; }
  const std::string& type() const { return start_.message.type; }
  const std::string& payload() const { return start_.message.payload; }
  const std::map<std::string, std::string>& headers() const { return start_.message.headers; }
  int retried() const { return start_.message.retried; }
  int max_retry() const { return start_.message.max_retry; }
  absl::Time deadline() const { return start_.deadline; }
  // Stop is requested at the deadline, when the task is cancelled, when somebody else has the task, and when the server
  // shuts down. A handler that does not return soon after is given up on.
  std::stop_token stop_token() const { return stop_.get_token(); }
  // Kept with the task while that is kept: see EnqueueOptions::retention. FAILED_PRECONDITION, reason TASK_LOST, when
  // the attempt has ended.
  absl::Status WriteResult(std::string_view result);

  // For the server.
  const Message& message() const { return start_.message; }
  const std::string& owner() const { return start_.owner; }
  uint64_t sequence() const { return start_.sequence; }
  absl::Time started_at() const { return start_.started_at; }

  struct Lease {
    absl::Time held_until;  // as Redis has confirmed
    absl::Time asked_for;   // the latest end that Redis may have
  };
  Lease lease() const;
  void set_lease(Lease lease);

  // The first cause counts. `now` begins the handler's time to return.
  void RequestStop(StopCause cause, absl::Time now);
  struct Stop {
    StopCause cause;
    absl::Time at;
  };
  std::optional<Stop> stop() const;

  // True once: whoever gets it says how the attempt ended.
  bool TryEnd();
  bool ended() const;

 private:
  const Start start_;
  Consumer& consumer_;
  mutable std::mutex mutex_;
  std::stop_source stop_;
  Lease lease_ ABSL_GUARDED_BY(mutex_);
  std::optional<Stop> stop_cause_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// What an attempt whose handler did not return in time failed with.
absl::Status ToError(Attempt::StopCause cause);

}  // namespace smallbiznis::task
