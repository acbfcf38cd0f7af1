#include "pkg/clock/clock.h"

#include "absl/time/clock.h"

namespace smallbiznis::clock {

absl::Time SystemClock::Now() const {
  return absl::Now();
}

absl::Time FakeClock::Now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

void FakeClock::Advance(absl::Duration by) {
  const std::lock_guard lock(mutex_);
  now_ += by;
}

}  // namespace smallbiznis::clock
