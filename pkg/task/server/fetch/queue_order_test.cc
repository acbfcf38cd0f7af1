#include "pkg/task/server/fetch/queue_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smallbiznis::task {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

TEST(QueueOrder, StrictIsAlwaysByWeight) {
  QueueOrder order({{"a", 1}, {"b", 6}, {"c", 3}}, true);
  for (int i = 0; i < 100; ++i) EXPECT_THAT(order.Next(), ElementsAre("b", "c", "a"));
}

TEST(QueueOrder, OneQueueIsTheOrder) {
  QueueOrder order({{"a", 7}}, false);
  EXPECT_THAT(order.Next(), ElementsAre("a"));
}

TEST(QueueOrder, WeightsSayHowOftenAQueueIsInFront) {
  constexpr int kDraws = 20'000;
  QueueOrder order({{"a", 10}, {"b", 60}, {"c", 30}}, false);
  std::map<std::string, int> first, second_after_b;
  for (int i = 0; i < kDraws; ++i) {
    const std::vector<std::string>& names = order.Next();
    ASSERT_THAT(names, UnorderedElementsAre("a", "b", "c"));
    ++first[names[0]];
    if (names[0] == "b") ++second_after_b[names[1]];
  }
  // Six standard deviations, which are at most 0.0036: a fair order fails once in a billion runs.
  const double all = kDraws;
  EXPECT_NEAR(first["a"] / all, 0.1, 0.02);
  EXPECT_NEAR(first["b"] / all, 0.6, 0.02);
  EXPECT_NEAR(first["c"] / all, 0.3, 0.02);
  EXPECT_NEAR(second_after_b["c"] / static_cast<double>(first["b"]), 0.75, 0.025);
}

TEST(QueueOrder, ALightQueueIsInFrontNowAndThen) {
  QueueOrder order({{"heavy", 99}, {"light", 1}}, false);
  int light = 0;
  for (int i = 0; i < 5'000; ++i) light += order.Next()[0] == "light";
  EXPECT_GT(light, 0);
  EXPECT_LT(light, 150);
}

}  // namespace
}  // namespace smallbiznis::task
