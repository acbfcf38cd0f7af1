// Elapsed time, for limits.
#pragma once

#include <algorithm>
#include <chrono>

#include "absl/time/time.h"

namespace smallbiznis::fx {

class Stopwatch {
 public:
  absl::Duration Elapsed() const { return absl::FromChrono(std::chrono::steady_clock::now() - start_); }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// For waiting in the standard library, which adds it to the time now: an infinite one would overflow.
inline std::chrono::nanoseconds Bounded(absl::Duration limit) {
  return absl::ToChronoNanoseconds(std::min(limit, absl::Hours(24 * 365)));
}

}  // namespace smallbiznis::fx
