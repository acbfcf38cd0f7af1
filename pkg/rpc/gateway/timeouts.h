// How long a client wants to wait, in the forms of each protocol.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/rpc/http/server.h"

namespace smallbiznis::rpc::gateway {

// Infinite when the client did not say. INVALID_ARGUMENT naming the header otherwise. A time of 0 has run out.
//
// "100m" is 100 milliseconds: at most 8 digits and one of H M S m u n (gRPC over HTTP/2, "Timeout").
absl::StatusOr<absl::Duration> GrpcTimeout(const http::Headers& headers);
// Connect-Timeout-Ms: at most 10 digits (Connect protocol, "Unary-Request").
absl::StatusOr<absl::Duration> ConnectTimeout(const http::Headers& headers);
// X-Request-Timeout: seconds ("1.5") or with a unit ("1.5s", "500ms"); else Grpc-Timeout.
absl::StatusOr<absl::Duration> RestTimeout(const http::Headers& headers);

}  // namespace smallbiznis::rpc::gateway
