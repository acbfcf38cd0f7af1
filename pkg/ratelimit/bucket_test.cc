#include "pkg/ratelimit/bucket.h"

#include <gtest/gtest.h>

namespace smallbiznis::ratelimit {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(BucketTest, HoldsAMinutesCallsAndFillsEvenly) {
  absl::Time full_at = absl::InfinitePast();
  const struct {
    int second;
    int64_t want, granted, remaining;
    int until_full_s, until_next_s;
  } cases[] = {
      {0, 1, 1, 59, 1, 0},  {0, 59, 59, 0, 60, 0},   {0, 1, 0, 0, 60, 1},   {1, 5, 1, 0, 60, 0},
      {11, 3, 3, 7, 53, 0}, {300, 61, 60, 0, 60, 0}, {301, 1, 1, 0, 60, 0},
  };
  for (const auto& c : cases) {
    const Grant grant = TakeFrom(full_at, 60, c.want, kNow + absl::Seconds(c.second));
    EXPECT_EQ(grant.granted, c.granted) << c.second;
    EXPECT_EQ(grant.remaining, c.remaining) << c.second;
    EXPECT_EQ(grant.until_full, absl::Seconds(c.until_full_s)) << c.second;
    EXPECT_EQ(grant.until_next, absl::Seconds(c.until_next_s)) << c.second;
  }
}

TEST(BucketTest, GrantsTheLimitAndNoMoreWhateverTheRate) {
  for (const int64_t rate : {int64_t{1}, int64_t{7}, int64_t{6'000}, int64_t{1'000'000}}) {
    absl::Time full_at = absl::InfinitePast();
    EXPECT_EQ(TakeFrom(full_at, rate, rate + 1, kNow).granted, rate);
    EXPECT_EQ(TakeFrom(full_at, rate, 1, kNow).granted, 0) << rate;
  }
}

}  // namespace
}  // namespace smallbiznis::ratelimit
