// absl::Status to what goes over the wire: google.rpc.Status with ErrorInfo, BadRequest and RetryInfo; HTTP codes after
// the table of grpc-gateway; the names of Connect.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace smallbiznis::rpc {

// ErrorInfo.domain of every reason.
inline constexpr std::string_view kErrorDomain = "smallbiznis";

google::rpc::Status ToWire(const absl::Status& status, std::string_view request_id);
int HttpStatus(absl::StatusCode code);
// "invalid_argument", "not_found": the error codes of the Connect protocol.
std::string_view ConnectCode(absl::StatusCode code);
// "INVALID_ARGUMENT": for logs and metrics.
std::string_view CodeName(absl::StatusCode code);

}  // namespace smallbiznis::rpc
