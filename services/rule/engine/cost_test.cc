// What rules may cost, told when they are saved.
#include "services/rule/engine/testing.h"

namespace smallbiznis::rule {
namespace {

using ::testing::HasSubstr;

TEST(CostTest, ARuleThatEveryContextMakesTooDearIsRefused) {
  Content content = Draft("lists.range(20000).map(i, sub_total).size() > 3");
  const RulePtr rule = MakeRule(1, content);
  const RuleCost cost = CostOf(*rule);
  const absl::Status refused = CheckCost(*rule, cost);
  ASSERT_EQ(status::Reason(refused), "RULE_EXPRESSION_INVALID");
  EXPECT_THAT(status::FieldViolations(refused)[0].description, HasSubstr("more than the limit of the rule, 10000"));
  content.cost_limit = cost.least;
  EXPECT_TRUE(CheckCost(*MakeRule(1, content), cost).ok());
  content.cost_limit = cost.least - 1;
  EXPECT_FALSE(CheckCost(*MakeRule(1, content), cost).ok());
  // It is what an evaluation of the least context takes.
  const Input input(Purchase(5));
  cel::Arena arena;
  Bounds bounds;
  content.cost_limit = cost.least;
  EXPECT_EQ(Evaluate(MakeRule(1, content), input.activation, arena, bounds).outcome, Outcome::kMatched);
}

TEST(CostTest, ARuleThatLargeContextsMakeTooDearIsWarnedOf) {
  const RulePtr loop = MakeRule(1, Draft("items.all(i, items.exists(j, j.qty >= i.qty))"));
  const RuleCost cost = CostOf(*loop);
  EXPECT_TRUE(CheckCost(*loop, cost).ok());
  EXPECT_GT(cost.most, loop->cost_limit());
  EXPECT_THAT(CostWarning(*loop, cost), HasSubstr("may cost more than its limit of 10000"));
  EXPECT_LT(cost.safe_bytes, CostOf(*MakeRule(1, Draft("items.exists(i, i.qty > 1)"))).safe_bytes);
  const RulePtr plain = MakeRule(1, Draft("user_tier == 'gold' && sub_total >= 1000000"));
  EXPECT_EQ(CostWarning(*plain, CostOf(*plain)), "");
  EXPECT_LT(CostOf(*plain).most, 100);
}

// No context of up to safe_bytes hits the limit; with the amounts, too.
TEST(CostTest, AContextOfTheSafeSizeStaysBelowTheLimit) {
  Content content = Draft("items.exists(i, i.qty > 1) || true");
  content.actions = {RewardPoint{{.fixed = 0, .expression = "items.map(i, i.qty).size() + user_id.size()"}}};
  const RulePtr rule = MakeRule(1, content);
  const RuleCost cost = CostOf(*rule);
  ASSERT_GT(cost.safe_bytes, 100u);
  std::string items = ", \"items\": [{\"qty\":1}";
  while (Purchase(5, items + ",{\"qty\":1}]").size() <= cost.safe_bytes) items += ",{\"qty\":1}";
  const Input input(Purchase(5, items + "]"));
  cel::Arena arena;
  Bounds bounds;
  EXPECT_EQ(Evaluate(rule, input.activation, arena, bounds).outcome, Outcome::kMatched);
  EXPECT_LE(kMaxCostLimit - bounds.cost, rule->cost_limit());
}

}  // namespace
}  // namespace smallbiznis::rule
