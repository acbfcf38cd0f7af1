// Asks a Redis server whether it answers: what /readyz needs of Redis.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pkg/redis/options.h"

namespace smallbiznis::redis {

// Connects, once, authenticates, selects the database and sends PING, all within `timeout`; behind sentinels it is the
// master that is asked, of a cluster any node. Blocking. INVALID_ARGUMENT for an address that is none; else UNAVAILABLE
// with the address and what went wrong, never the password.
absl::Status Ping(const ServerOptions& server, absl::Duration timeout);

}  // namespace smallbiznis::redis
