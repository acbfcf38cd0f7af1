// A unit of work, what may be asked for it, and what is known of it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "pkg/task/wire/message.h"
#include "pkg/task/wire/state.h"

namespace smallbiznis::task {

struct Task {
  std::string type;                            // UTF-8, not blank: "tenant:provisioning:ledger"
  std::optional<std::string> payload;          // any bytes; no payload and an empty one are different to a unique lock
  std::map<std::string, std::string> headers;  // UTF-8
};

// What is not set has asynq's default. Durations are cut to whole seconds.
struct EnqueueOptions {
  std::optional<std::string> queue;          // "default"
  std::optional<std::string> id;             // a random UUID; unique within the queue, in whatever state the task is
  std::optional<int> max_retry;              // 25; negative: 0
  std::optional<absl::Duration> timeout;     // 30 min when there is neither a timeout nor a deadline
  std::optional<absl::Time> deadline;        // with a timeout, the earlier of the two holds
  std::optional<absl::Duration> unique_for;  // at least 1 s: no second task of this type and payload for so long
  std::optional<absl::Time> process_at;      // at once when it is not in the future
  std::optional<absl::Duration> process_in;  // not together with process_at
  std::optional<absl::Duration> retention;   // how long it stays after it succeeded; 0: not at all
  std::optional<std::string> group;          // to be aggregated with the others of the group
};

struct NewTask {
  Task task;
  EnqueueOptions options;
};

struct TaskInfo {
  Message message;
  State state = State::kPending;
  std::optional<absl::Time> next_process_at;  // of pending, scheduled and retried tasks
  std::string result;                         // what its handler kept of it
  bool orphaned = false;                      // active, but nobody renews its lease
};

}  // namespace smallbiznis::task
