// Finds out why an address cannot be listened on, before gRPC is asked to: its own answer is "no".
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace smallbiznis::rpc::grpc {

// `addr` ("host:port", ":port", "[::1]:port") as gRPC wants it, after a trial bind. INVALID_ARGUMENT when it is not an
// address, UNAVAILABLE when it cannot be listened on; the messages name GRPC_SERVER.ADDR.
absl::StatusOr<std::string> CheckTcpAddress(std::string_view addr);

// The same for a Unix socket. A socket file that nobody listens on any more is removed; one in use, or a file of
// another kind, is an error that names GRPC_SERVER.UNIX_SOCKET.
absl::StatusOr<std::string> CheckUnixSocket(const std::string& path);

}  // namespace smallbiznis::rpc::grpc
