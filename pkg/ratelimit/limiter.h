// How often one caller may call.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/time/time.h"

namespace smallbiznis::ratelimit {

// The answer to one call, with what the caller may be told.
struct Allowance {
  bool granted = false;
  int64_t limit = 0;          // calls a minute
  int64_t remaining = 0;      // that would be granted now
  absl::Duration until_full;  // when `limit` calls would be granted again
  absl::Duration until_next;  // when a call that was not granted may be; zero when it was
};

// Thread-safe.
class Limiter {
 public:
  virtual ~Limiter() = default;
  // Takes one call of `subject`, which may make `per_minute` (at least 1) a minute.
  virtual Allowance Take(std::string_view subject, int64_t per_minute) = 0;
  // The same, when the answer is known without waiting; else nothing, and nothing is taken.
  virtual std::optional<Allowance> TakeAtOnce(std::string_view subject, int64_t per_minute) = 0;
};

}  // namespace smallbiznis::ratelimit
