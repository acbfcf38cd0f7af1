// A REST request's parts into an RPC's request, and its response into a body.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "pkg/rpc/gateway/binding.h"

namespace smallbiznis::rpc::gateway {

// Fills `request`, an empty message of the binding's RPC, from the body (JSON; empty stands for no fields), the path's
// segments as matched, and the query. INVALID_ARGUMENT naming the field at fault; a field that the body gives, too,
// must be what the path says.
//
// A PATCH without update_mask gets one: the paths of the fields that the body names, null ones included. Left out are
// those that a client sends along without meaning to change them: fields given by the path, OUTPUT_ONLY, IMMUTABLE and
// IDENTIFIER ones (AIP-203), and the resource's "etag", which is a condition and not a value.
absl::Status DecodeRestRequest(const Binding& binding, const PathSegments& segments, std::string_view query,
                               std::string_view body, int max_depth, google::protobuf::Message* request);

// Appends the JSON of the response, or of its response_body field.
absl::Status EncodeRestResponse(const Binding& binding, const google::protobuf::Message& response, std::string* out);

}  // namespace smallbiznis::rpc::gateway
