#include "pkg/rpc/wire/rate_limit_fields.h"

#include <fmt/format.h>

namespace smallbiznis::rpc {

std::array<std::pair<const char*, std::string>, 3> RateLimitFields(const ratelimit::Allowance& allowance) {
  const int64_t reset = absl::ToInt64Seconds(absl::Ceil(allowance.until_full, absl::Seconds(1)));
  return {{{"RateLimit-Limit", fmt::format("{}", allowance.limit)},
           {"RateLimit-Remaining", fmt::format("{}", allowance.remaining)},
           {"RateLimit-Reset", fmt::format("{}", reset)}}};
}

}  // namespace smallbiznis::rpc
