#include "services/ledger/record/pauses.h"

#include <gtest/gtest.h>

namespace smallbiznis::ledger {
namespace {

// Day `n` of the tests.
absl::Time Day(int n) {
  return absl::UnixEpoch() + absl::Hours(24 * n);
}

const Pauses kTwo({{Day(10), Day(15)}, {Day(20), Day(30)}});
const Pauses kLasting({{Day(10), Day(15)}, {Day(20)}});

TEST(PausesTest, OwnTimeStandsStill) {
  const std::pair<int, int> cases[] = {{0, 0},   {10, 10}, {12, 10}, {15, 10}, {16, 11},
                                       {20, 15}, {25, 15}, {30, 15}, {31, 16}, {100, 85}};
  for (const auto& [world, own] : cases) EXPECT_EQ(kTwo.OwnTime(Day(world)), Day(own)) << world;
  EXPECT_EQ(kLasting.OwnTime(Day(20)), Day(15));
  EXPECT_EQ(kLasting.OwnTime(Day(2000)), Day(15));
  EXPECT_EQ(Pauses().OwnTime(Day(7)), Day(7));
  EXPECT_FALSE(kTwo.lasts());
  EXPECT_TRUE(kLasting.lasts());
}

TEST(PausesTest, WhatIsPromisedComesDueAfterAsMuchOwnTime) {
  // Promised on day `made` for day `due`, it comes due on day `world`.
  struct Case {
    int made, due, world;
  };
  const Case cases[] = {{0, 5, 5},   {0, 10, 10},  {0, 11, 16},  {0, 15, 20},  {0, 16, 31},
                        {0, 40, 55}, {16, 18, 18}, {16, 21, 31}, {31, 32, 32}, {15, 16, 16}};
  for (const auto& [made, due, world] : cases) {
    const absl::Time own = kTwo.OwnDue(Day(due), Day(made));
    EXPECT_EQ(kTwo.WorldTime(own, Day(1000)), Day(world)) << made << " " << due;
    EXPECT_LE(own, kTwo.OwnTime(Day(world)));
    EXPECT_GT(own, kTwo.OwnTime(Day(world) - absl::Microseconds(1)));
  }
  EXPECT_EQ(kTwo.OwnDue(absl::InfiniteFuture(), Day(1)), absl::InfiniteFuture());
  EXPECT_EQ(kTwo.WorldTime(absl::InfiniteFuture(), Day(1)), absl::InfiniteFuture());
}

TEST(PausesTest, WhileAPauseLastsWhatIsDueMovesOn) {
  const absl::Time own = kLasting.OwnDue(Day(22), Day(16));  // two days after the pause began
  EXPECT_EQ(kLasting.WorldTime(own, Day(20)), Day(22));
  EXPECT_EQ(kLasting.WorldTime(own, Day(50)), Day(52));
  EXPECT_EQ(kLasting.WorldTime(kLasting.OwnDue(Day(18), Day(16)), Day(50)), Day(18));
}

}  // namespace
}  // namespace smallbiznis::ledger
