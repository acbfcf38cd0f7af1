#include "services/rule/insight/explain.h"

#include "services/rule/engine/testing.h"

namespace smallbiznis::rule {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

RuleExplanation ExplainOf(const std::string& condition, const std::string& more, int64_t sub_total = 900'000) {
  const Input input(Purchase(sub_total, more));
  EXPECT_TRUE(input.status.ok()) << input.status;
  cel::Arena arena;
  Bounds bounds;
  return Explain(MakeRule(1, Draft(condition)), input.activation, arena, bounds);
}

TEST(ExplainTest, TellsInWordsWhatDecided) {
  const std::string more =
      R"(, "user_tier": "silver", "items": [{"sku": "B-1", "qty": 1}], "attributes": {"n": 2.0}, "first_purchase": true)";
  const std::vector<std::pair<std::string, std::vector<std::string>>> rows = {
      {"sub_total >= 1000000", {"sub_total 900000 is below 1000000"}},
      {"sub_total >= 1000", {"sub_total 900000 is at least 1000"}},
      {"user_tier == 'gold' && sub_total >= 1000000", {"user_tier \"silver\" is not \"gold\""}},
      {"user_tier == 'gold' || sub_total >= 1000000",
       {"user_tier \"silver\" is not \"gold\"", "sub_total 900000 is below 1000000"}},
      {"user_tier == 'silver' && sub_total * 2 > sub_total",
       {"user_tier \"silver\" is \"silver\"", "sub_total * 2 1800000 is above sub_total 900000"}},
      {"!(user_tier in ['gold', 'silver'])", {"user_tier \"silver\" is in [\"gold\", \"silver\"]"}},
      {"items.exists(i, i.sku == 'A-7' && i.qty >= 2)", {"items has no i with i.sku == \"A-7\" && i.qty >= 2"}},
      {"items.all(i, i.qty > 0)", {"items has only i with i.qty > 0"}},
      {"has(attributes.coupon) && attributes.coupon == 'X'", {"attributes.coupon is not there"}},
      {"order_id.startsWith('p-')", {"order_id \"o-1\" does not start with \"p-\""}},
      {"first_purchase", {"first_purchase is true"}},
      {"attributes.n > 2", {"attributes.n 2.0 is not above 2"}},
      {"sub_total > 5 ? user_tier == 'gold' : true",
       {"sub_total 900000 is above 5", "user_tier \"silver\" is not \"gold\""}},
      {"total > 5 && first_purchase", {"total cannot be computed: no such attribute: total"}},
      {"items[1].qty > 5", {"items[1] cannot be computed: index out of bounds: 1"}},
  };
  for (const auto& [condition, reasons] : rows) {
    EXPECT_EQ(ExplainOf(condition, more).reasons, reasons) << condition;
  }
}

TEST(ExplainTest, HasTheValueOfEverySubExpressionWithItsPlace) {
  const RuleExplanation explained = ExplainOf("user_id == 'u-1' &&\n sub_total >= 1000000", "");
  EXPECT_EQ(explained.result.outcome, Outcome::kNotMatched);
  std::vector<std::string> steps;
  for (const ExplainedStep& step : explained.steps) {
    steps.push_back(fmt::format("{}:{} {} = {}", step.line, step.column, step.expression, step.value));
  }
  EXPECT_THAT(steps, ElementsAre("1:1 user_id = \"u-1\"", "1:9 user_id == \"u-1\" = true", "2:2 sub_total = 900000",
                                 "2:12 sub_total >= 1000000 = false",
                                 "1:18 user_id == \"u-1\" && sub_total >= 1000000 = false"));
}

TEST(ExplainTest, AnErrorIsToldAndIsNoMatch) {
  const RuleExplanation explained = ExplainOf("total > 5", "");
  EXPECT_EQ(explained.result.outcome, Outcome::kError);
  EXPECT_THAT(explained.result.reason, HasSubstr("no such attribute: total"));
}

}  // namespace
}  // namespace smallbiznis::rule
