// A token bucket as one time (GCRA, ITU-T I.371): when it would be full if nobody took any more. It holds a minute's
// calls and fills evenly.
#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace smallbiznis::ratelimit {

struct Grant {
  int64_t granted = 0;
  int64_t remaining = 0;
  absl::Duration until_full;
  absl::Duration until_next;  // zero when something was granted
};

// Takes up to `want` calls out of a bucket of `per_minute`, which is full at `full_at`, and moves `full_at`
// accordingly. The script of shared_limiter.cc says the same in Lua.
Grant TakeFrom(absl::Time& full_at, int64_t per_minute, int64_t want, absl::Time now);

}  // namespace smallbiznis::ratelimit
