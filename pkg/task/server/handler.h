// What works on tasks.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "pkg/task/server/run/attempt.h"

namespace smallbiznis::task {

// Called on the server's threads, many at a time. OK: the task is done. Anything else, an exception too, is a failed
// attempt whose text is kept with the task; see SkipRetry and Revoke in retry.h. Delivery is at least once: the same
// task may come again, even while an earlier attempt still runs somewhere.
using Handler = std::function<absl::Status(Attempt&)>;

}  // namespace smallbiznis::task
