#include "pkg/clock/clock.h"

#include <gtest/gtest.h>

namespace smallbiznis::clock {
namespace {

TEST(ClockTest, SystemClockDoesNotStandStill) {
  const SystemClock clock;
  const absl::Time start = clock.Now();
  while (clock.Now() == start) {
  }
  EXPECT_GT(clock.Now(), start);
}

TEST(ClockTest, FakeClockMovesOnlyWhenTold) {
  FakeClock clock(absl::FromUnixSeconds(1000));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(1000));
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(1005));
}

}  // namespace
}  // namespace smallbiznis::clock
