#include "services/rule/live/budget.h"

#include <gtest/gtest.h>

#include "pkg/status/status.h"

namespace smallbiznis::rule {
namespace {

const TenantId kOne(1), kOther(2);

TEST(BudgetTest, WhoHasUsedItUpWaitsAndTheOthersDoNot) {
  clock::FakeClock clock(absl::FromUnixSeconds(1'800'000'000));
  Budget budget(clock, {.cost_per_second = 100, .burst = 300});
  EXPECT_TRUE(budget.Check(kOne).ok());
  budget.Spend(kOne, 299);
  EXPECT_TRUE(budget.Check(kOne).ok());
  budget.Spend(kOne, 101);
  const absl::Status refused = budget.Check(kOne);
  EXPECT_EQ(status::Reason(refused), "RULE_BUDGET_EXHAUSTED");
  EXPECT_EQ(status::RetryDelay(refused), absl::Milliseconds(1010));
  EXPECT_TRUE(budget.Check(kOther).ok());
  clock.Advance(absl::Milliseconds(1000));
  EXPECT_FALSE(budget.Check(kOne).ok());
  clock.Advance(absl::Milliseconds(10));
  EXPECT_TRUE(budget.Check(kOne).ok());
  clock.Advance(absl::Hours(1));
  budget.Spend(kOne, 299);
  EXPECT_TRUE(budget.Check(kOne).ok());
}

}  // namespace
}  // namespace smallbiznis::rule
