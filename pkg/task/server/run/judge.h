// What becomes of a task after an attempt.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pkg/task/broker/consumer.h"
#include "pkg/task/wire/message.h"

namespace smallbiznis::task {

struct Policy {
  std::function<absl::Duration(int retried, const absl::Status&, const Message&)> retry_delay;
  // False: the task is tried again without a retry being charged.
  std::function<bool(const absl::Status&)> is_failure;
};

struct Verdict {
  Outcome outcome;
  Message message;  // as it is to be kept
  absl::Time at;    // of kRetry and kPostpone
};

// Pure. In this order: success or revoked; no retry left, or none wanted: archived; else tried again.
Verdict Judge(Message message, const absl::Status& result, const Policy& policy, absl::Time now);

}  // namespace smallbiznis::task
