// Query parameters into a request.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "pkg/rpc/gateway/binding.h"

namespace smallbiznis::rpc::gateway {

// Sets the fields of `request` that `query` ("page_size=2&filter.states=ACTIVE") names, in camelCase or snake_case.
// INVALID_ARGUMENT naming the first parameter that cannot be taken: unknown, malformed, given twice and not a list, a
// map or a list of messages, deeper than `max_depth`, or given by the path or the body already.
absl::Status BindQuery(const Binding& binding, std::string_view query, int max_depth,
                       google::protobuf::Message* request);

}  // namespace smallbiznis::rpc::gateway
