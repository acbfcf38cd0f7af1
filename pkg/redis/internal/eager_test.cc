#include "pkg/redis/internal/eager.h"

#include <gtest/gtest.h>

namespace smallbiznis::redis {
namespace {

// How many calls sleep at once before one looks again.
int Skipped(Eager& eager) {
  int skipped = 0;
  while (!eager.Worthwhile()) ++skipped;
  return skipped;
}

TEST(Eager, IsWorthwhileUntilItWasInVain) {
  Eager eager;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Skipped(eager), 0);
    eager.Found();
  }
}

TEST(Eager, EachTimeInVainIsFollowedByALongerPauseUpToALimit) {
  Eager eager;
  for (const int pause : {1, 2, 4, 8, 16, 32, 64, 64}) {
    eager.InVain();
    EXPECT_EQ(Skipped(eager), pause);
  }
  eager.Found();
  EXPECT_EQ(Skipped(eager), 0);
  eager.InVain();
  EXPECT_EQ(Skipped(eager), 1);
}

}  // namespace
}  // namespace smallbiznis::redis
