// From protobuf's wire format to a request, with errors that a client can act on.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace smallbiznis::rpc {

// Reads `bytes` into `message`, which is cleared first. INVALID_ARGUMENT naming the field whose text is not UTF-8
// (reason INVALID_FIELD, "items[2].name"), or saying that the bytes are not such a message (reason MALFORMED_REQUEST).
absl::Status DecodeRequest(std::string_view bytes, google::protobuf::Message* message);

}  // namespace smallbiznis::rpc
