// Listening sockets from what stands in the configuration.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace smallbiznis::rpc::http {

struct BoundSocket {
  int fd = -1;   // listening, non-blocking; the caller closes it
  int port = 0;  // of TCP
};

// "host:port", "[::1]:port", ":port" for every interface. Errors: INVALID_ARGUMENT for an address that is none,
// FAILED_PRECONDITION when it cannot be had; both name HTTP_SERVER.ADDR.
absl::StatusOr<BoundSocket> BindTcp(const std::string& addr);

// Takes the place of a socket file on which nobody listens any more. FAILED_PRECONDITION naming HTTP_SERVER.UNIX_SOCKET
// when somebody does, when something else is there, or the path is too long.
absl::StatusOr<BoundSocket> BindUnix(const std::string& path);

}  // namespace smallbiznis::rpc::http
