// The fields that tell a caller about its limit (draft-ietf-httpapi-ratelimit-headers-06), for HTTP and gRPC alike.
#pragma once

#include <array>
#include <string>
#include <utility>

#include "pkg/ratelimit/limiter.h"

namespace smallbiznis::rpc {

// RateLimit-Limit, RateLimit-Remaining, and RateLimit-Reset: in how many seconds all of the limit can be used again.
std::array<std::pair<const char*, std::string>, 3> RateLimitFields(const ratelimit::Allowance& allowance);

}  // namespace smallbiznis::rpc
