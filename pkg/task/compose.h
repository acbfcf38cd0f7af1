// From what is asked for to what is written: the checks and the defaults of every task that is added.
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/task/broker/addition.h"
#include "pkg/task/task.h"

namespace smallbiznis::task {

// Pure, but for the random id of a task that is given none. INVALID_ARGUMENT naming every field at fault.
absl::StatusOr<Addition> Compose(const Task& task, const EnqueueOptions& options, size_t max_payload_bytes,
                                 absl::Time now);

}  // namespace smallbiznis::task
