// Durations as Go's time.ParseDuration reads them.
#pragma once

#include <optional>
#include <string_view>

#include "absl/time/time.h"

namespace smallbiznis::cron {

// "1h30m", "1.5s", "-2ms": an optional sign, then numbers with the units ns, us, µs, ms, s, m, h; or just "0".
// Fractions of a nanosecond are dropped. Nothing when `text` is not of that form or is beyond 64 bits of nanoseconds
// (about 292 years). absl::ParseDuration is close, but takes "inf" and knows no µs.
std::optional<absl::Duration> ParseGoDuration(std::string_view text);

}  // namespace smallbiznis::cron
