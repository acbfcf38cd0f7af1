// Finds the master that sentinels watch.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "pkg/redis/internal/dialer.h"
#include "pkg/redis/internal/wire.h"
#include "pkg/redis/options.h"

namespace smallbiznis::redis {

// Asks the sentinels in their order until one names a master that says of itself that it is one. One attempt. Errors as
// Dialer::Dial.
absl::StatusOr<std::unique_ptr<Wire>> OpenMaster(const Options& options, const Login& login, Dialer& dialer,
                                                 Deadline deadline, int stop_fd);

}  // namespace smallbiznis::redis
