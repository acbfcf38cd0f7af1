// absl::Status to what goes over the wire: google.rpc.Status with ErrorInfo, BadRequest and RetryInfo; HTTP codes after
// the table of grpc-gateway; the names of Connect.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace smallbiznis::rpc {

// ErrorInfo.domain of every reason.
inline constexpr std::string_view kErrorDomain = "smallbiznis";

// What a client may see of `error`: under INTERNAL, UNKNOWN and DATA_LOSS one neutral sentence with the request id and
// nothing else; a database's own words are replaced under every code. Anything else is unchanged.
absl::Status Neutral(const absl::Status& error, std::string_view request_id);

// Neutral, and small enough for gRPC's trailers (8 KiB as a client sees them): a long message is cut, field violations
// beyond the first 2 KiB are left out. Send its message, not `status`'s own. ErrorInfo.reason is the code's name when
// the status has no reason. Bytes that are not UTF-8 become U+FFFD.
google::rpc::Status ToWire(const absl::Status& status, std::string_view request_id);
int HttpStatus(absl::StatusCode code);
// "invalid_argument", "not_found": the error codes of the Connect protocol.
std::string_view ConnectCode(absl::StatusCode code);
// "INVALID_ARGUMENT": for logs and metrics.
std::string_view CodeName(absl::StatusCode code);

}  // namespace smallbiznis::rpc
