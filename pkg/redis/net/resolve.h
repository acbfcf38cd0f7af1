// Names to addresses, with a deadline.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/redis/net/wait.h"

namespace smallbiznis::redis {

// The system's resolver cannot be told to stop, so it runs in a thread that is left to itself when the deadline passes
// or `stop_fd` is stopped; an address written in digits needs none. UNAVAILABLE with the cause alone,
// DEADLINE_EXCEEDED, CANCELLED.
absl::StatusOr<std::vector<boost::asio::ip::tcp::endpoint>> Resolve(const std::string& host, int port,
                                                                    Deadline deadline, int stop_fd);

}  // namespace smallbiznis::redis
