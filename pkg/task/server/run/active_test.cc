#include "pkg/task/server/run/active.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/task/server/run/testing.h"

namespace smallbiznis::task {
namespace {

using ::testing::ElementsAre;

TEST(ActiveTest, HasAttemptsInTheOrderOfTheirBeginUntilTheyAreRemoved) {
  Attempts attempts;
  Active active;
  const auto one = attempts.Make(1), two = attempts.Make(2), three = attempts.Make(3);
  for (const auto& attempt : {two, three, one}) active.Add(attempt);
  EXPECT_THAT(active.All(), ElementsAre(one, two, three));
  EXPECT_EQ(active.size(), 3U);
  active.Remove(*two);
  active.Remove(*two);
  EXPECT_THAT(active.All(), ElementsAre(one, three));
  EXPECT_EQ(two.use_count(), 1) << "nothing of it is kept";
}

TEST(ActiveTest, KnowsInWhichHalfAnAttemptIs) {
  Attempts attempts;
  Active active;
  EXPECT_TRUE(active.InOlderHalf(*attempts.Make(1)));
  std::vector<std::shared_ptr<Attempt>> all;
  for (uint64_t sequence = 10; sequence <= 20; ++sequence) {
    all.push_back(attempts.Make(sequence));
    active.Add(all.back());
  }
  struct Row {
    size_t place;
    bool older;
  };
  for (const Row& row : {Row{0, true}, Row{4, true}, Row{5, true}, Row{6, false}, Row{10, false}}) {
    EXPECT_EQ(active.InOlderHalf(*all[row.place]), row.older) << row.place;
  }
}

}  // namespace
}  // namespace smallbiznis::task
