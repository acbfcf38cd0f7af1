// When a failed task is tried again.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace smallbiznis::task {

// asynq's: n^4 + 15 + random[0, 30) * (n + 1) seconds, where n is how often it was retried so far.
absl::Duration DefaultRetryDelay(int retried);

// For handlers: fail and do not try again. The task is archived.
absl::Status SkipRetry(const absl::Status& why);
bool IsSkipRetry(const absl::Status& status);

// For handlers: the task is not needed any more. It goes as if it had succeeded, without its retention.
absl::Status Revoke();
bool IsRevoke(const absl::Status& status);

}  // namespace smallbiznis::task
