// From the five fields to the next time.
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "pkg/cron/fields.h"

namespace smallbiznis::cron {

// The first whole second after `after` whose wall clock time in `zone` fits `fields`, nothing when there is none up to
// the fifth calendar year from there. `after` is in the years 1 to 9999; the result is later than it.
std::optional<absl::Time> FindNext(const Fields& fields, absl::TimeZone zone, absl::Time after);

}  // namespace smallbiznis::cron
