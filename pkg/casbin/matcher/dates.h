// Strings that matchers take as dates.
#pragma once

#include <optional>
#include <string_view>

namespace smallbiznis::casbin {

// Whole seconds since 1970 of what reads as a date: 2026-01-31, 2026-01-31 10:00[:00[+02:00]], RFC 3339, ISO 8601,
// `Mon Jan 2 15:04:05 [MST] 2006`, 3:04PM (in the year 0). Local time where no zone is written.
std::optional<double> ParseDate(std::string_view text);

}  // namespace smallbiznis::casbin
