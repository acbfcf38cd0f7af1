// How a spec is refused.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace smallbiznis::cron {

// INVALID_ARGUMENT, reason CRON_SPEC_INVALID: "<part>: <problem>".
absl::Status Refusal(std::string_view part, std::string_view problem);

// `text` of the spec between quotes: escaped where it is not plain UTF-8, cut where it is long.
std::string Quoted(std::string_view text);

}  // namespace smallbiznis::cron
