// Asks a Redis server whether it answers: what /readyz needs of Redis.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace smallbiznis::redis {

struct ServerOptions {
  std::string addr;  // "host:port"
  std::string username;
  std::string password;  // no AUTH is sent when empty
  int db = 0;
};

// Connects, authenticates, selects the database and sends PING, each bounded by `timeout`. Blocking. UNAVAILABLE with
// the address and what went wrong, never the password.
absl::Status Ping(const ServerOptions& options, absl::Duration timeout);

}  // namespace smallbiznis::redis
