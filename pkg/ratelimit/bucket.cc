#include "pkg/ratelimit/bucket.h"

#include <algorithm>

namespace smallbiznis::ratelimit {
namespace {

constexpr absl::Duration kPeriod = absl::Minutes(1);

}  // namespace

Grant TakeFrom(absl::Time& full_at, int64_t per_minute, int64_t want, absl::Time now) {
  const absl::Duration each = kPeriod / per_minute;
  const absl::Time from = std::max(full_at, now);
  absl::Duration rest;
  const int64_t room = std::max<int64_t>(absl::IDivDuration(now + kPeriod - from, each, &rest), 0);
  const int64_t granted = std::min(room, want);
  if (granted > 0) full_at = from + granted * each;
  const absl::Duration until_next = granted > 0 ? absl::ZeroDuration() : from + each - kPeriod - now;
  return {granted, room - granted, std::max(full_at, now) - now, until_next};
}

}  // namespace smallbiznis::ratelimit
