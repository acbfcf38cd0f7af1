#include "services/rule/insight/analyze.h"

#include <fmt/format.h>

#include <random>

#include "services/rule/engine/testing.h"
#include "services/rule/insight/constraints.h"

namespace smallbiznis::rule {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

std::string Letter(Proof proof) {
  switch (proof) {
    case Proof::kProven:
      return "yes";
    case Proof::kRefuted:
      return "no";
    case Proof::kUnknown:
      return "unknown";
  }
  return "";
}

Analysis AnalysisOf(const std::vector<Content>& contents) {
  std::vector<RulePtr> rules;
  for (const Content& content : contents) rules.push_back(MakeRule(static_cast<int64_t>(rules.size()) + 1, content));
  return Analyze(*RuleSet(PurchaseSchema()).With(rules, {}), {.now = kNow});
}

TEST(AnalyzeTest, FindsWhatCanNeverAndWhatMustBeTrue) {
  const std::vector<std::array<std::string, 3>> rows = {
      // condition, unreachable, always true
      {"sub_total > 10", "no", "no"},
      {"sub_total > 10 && sub_total < 5", "yes", "no"},
      {"sub_total > 10 && sub_total < 12 && sub_total != 11", "yes", "no"},
      {"sub_total > 10 && sub_total < 13 && sub_total != 11", "no", "no"},
      {"sub_total > 9223372036854775807", "yes", "no"},
      {"sub_total >= 5 || sub_total < 5", "no", "yes"},
      {"sub_total != 5 || sub_total == 5", "no", "yes"},
      {"!(sub_total >= 5 && sub_total < 5)", "no", "yes"},
      {"true", "no", "yes"},
      {"false", "yes", "no"},
      {"1 + 1 == 3", "yes", "no"},
      {"user_id == 'a' && user_id == 'b'", "yes", "no"},
      {"user_id == 'a' && !(user_id in ['a', 'b'])", "yes", "no"},
      {"user_id in ['a', 'b'] && user_id in ['b', 'c']", "no", "no"},
      {"user_id.startsWith('a-') && user_id == 'b'", "yes", "no"},
      {"user_id.startsWith('a-') && user_id.startsWith('b')", "yes", "no"},
      {"user_id.startsWith('a-') && user_id.startsWith('a-b') && user_id != 'a-b'", "no", "no"},
      {"first_purchase && !first_purchase", "yes", "no"},
      {"first_purchase || !first_purchase", "no", "no"},  // it need not be there
      {"user_tier == 'gold' && 1000 * 1000 <= sub_total", "no", "no"},
      // What is not read is possible.
      {"items.exists(i, i.qty > 3)", "unknown", "no"},
      {"items.exists(i, i.qty > 3) && sub_total > 3 && sub_total < 2", "yes", "no"},
      {"size(user_id) >= 0", "no", "unknown"},
      {"sub_total * 2 > 10 && sub_total * 2 < 5", "unknown", "no"},
      {"sub_total > 10 && user_id.matches('^x$')", "unknown", "no"},
  };
  for (const auto& [condition, unreachable, always] : rows) {
    const RuleFinding finding = AnalysisOf({Draft(condition)}).rules[0];
    EXPECT_EQ(Letter(finding.unreachable), unreachable) << condition << " " << finding.example;
    EXPECT_EQ(Letter(finding.always_true), always) << condition;
    EXPECT_EQ(finding.example.empty(), finding.unreachable != Proof::kRefuted) << condition;
  }
}

TEST(AnalyzeTest, ARuleThatAlwaysComesTooLateIsUnreachable) {
  Content stop = Draft("sub_total > 10", 9);
  stop.stop_on_match = true;
  Content computed = stop;
  computed.actions = {RewardPoint{{.fixed = 0, .expression = "sub_total / 0"}}};
  Content optional = stop;
  optional.condition = "total > 10 || sub_total > 10";
  Content windowed = stop;
  windowed.valid_until = kNow + absl::Hours(1);
  Content grouped = Draft("sub_total > 10", 9), member = Draft("sub_total > 20");
  grouped.exclusive_group = member.exclusive_group = "a";
  const auto second = [](const Content& first, const Content& then) {
    return Letter(AnalysisOf({first, then}).rules[1].unreachable);
  };
  EXPECT_EQ(second(stop, Draft("sub_total > 20")), "yes");
  EXPECT_EQ(second(stop, Draft("sub_total > 5")), "no");
  EXPECT_EQ(second(stop, Draft("sub_total > 20 && items.exists(i, i.qty > 1)")), "yes");
  EXPECT_EQ(second(computed, Draft("sub_total > 20")), "no");  // an error stops nothing
  EXPECT_NE(second(optional, Draft("sub_total > 20")), "yes");
  EXPECT_NE(second(windowed, Draft("sub_total > 20")), "yes");
  EXPECT_EQ(second(grouped, member), "yes");
  EXPECT_EQ(second(grouped, Draft("sub_total > 20")), "no");
  Content over = Draft("true");
  over.valid_until = kNow;
  EXPECT_EQ(AnalysisOf({over}).rules[0].reason, "its window is over");
  EXPECT_THAT(AnalysisOf({stop, Draft("sub_total > 20")}).rules[1].reason, HasSubstr("the rule 1 always matches"));
}

TEST(AnalyzeTest, OverlapsHaveAnExampleThatBothMatch) {
  const auto pair = [](const std::string& a, const std::string& b) {
    const Analysis analysis = AnalysisOf({Draft(a), Draft(b)});
    if (analysis.overlaps.empty()) return std::string("disjoint");
    return Letter(analysis.overlaps[0].overlap) + " " + analysis.overlaps[0].example;
  };
  EXPECT_EQ(pair("sub_total > 10", "sub_total <= 10"), "disjoint");
  EXPECT_EQ(pair("sub_total > 10", "sub_total < 12"), R"(yes {"order_id":"","sub_total":11,"user_id":""})");
  EXPECT_EQ(pair("user_tier == 'gold'", "user_tier in ['silver', 'gold'] && sub_total > 5"),
            R"(yes {"order_id":"","sub_total":6,"user_id":"","user_tier":"gold"})");
  EXPECT_EQ(pair("user_tier == 'gold'", "user_tier == 'silver' || sub_total < 0"),
            R"(yes {"order_id":"","sub_total":-1,"user_id":"","user_tier":"gold"})");
  EXPECT_EQ(pair("sub_total > 10", "items.exists(i, i.qty > 1)"), "unknown ");
  Content before = Draft("true"), after = Draft("true");
  before.valid_until = after.valid_from = kNow;
  EXPECT_THAT(AnalysisOf({before, after}).overlaps, IsEmpty());
}

// Rules that are said to be disjoint, unreachable or always true are so of every context that was made up.
TEST(AnalyzeTest, IsSound) {
  std::mt19937_64 random(7);
  const auto pick = [&](const std::vector<std::string>& of) { return of[random() % of.size()]; };
  const std::function<std::string(int)> make = [&](int depth) -> std::string {
    if (depth > 0 && random() % 3 != 0) {
      const std::string inner = fmt::format("{} {} {}", make(depth - 1), pick({"&&", "||"}), make(depth - 1));
      return fmt::format("{}({})", random() % 4 == 0 ? "!" : "", inner);
    }
    const std::string number = std::to_string(random() % 4);
    switch (random() % 6) {
      case 0:
      case 1:
        return fmt::format("sub_total {} {}", pick({"<", "<=", ">", ">=", "==", "!="}), number);
      case 2:
        return fmt::format("{} {} sub_total", number, pick({"<", ">=", "=="}));
      case 3:
        return fmt::format("user_id {} '{}'", pick({"==", "!="}), pick({"a", "b"}));
      case 4:
        return fmt::format("user_tier in ['{}', 'b']", pick({"a", "b", "c"}));
      default:
        return pick({"user_id.startsWith('a')", "first_purchase", "sub_total % 2 == 0", "has(attributes.x)"});
    }
  };
  std::vector<std::unique_ptr<Input>> inputs;
  for (int total = -1; total < 5; ++total) {
    for (const char* user : {"a", "b", "ab"}) {
      for (const char* more : {"", R"(, "user_tier": "a")", R"(, "user_tier": "b", "first_purchase": true)",
                               R"(, "first_purchase": false, "attributes": {"x": 1})"}) {
        inputs.push_back(std::make_unique<Input>(
            fmt::format(R"({{"order_id": "o", "user_id": "{}", "sub_total": {}{}}})", user, total, more), kNow));
        ASSERT_TRUE(inputs.back()->status.ok());
      }
    }
  }
  const auto matches = [](const RulePtr& rule, const Input& input) {
    cel::Arena arena;
    Bounds bounds;
    return Evaluate(rule, input.activation, arena, bounds).outcome == Outcome::kMatched;
  };
  int proven = 0;
  for (int round = 0; round < 400; ++round) {
    const Analysis analysis = AnalysisOf({Draft(make(3)), Draft(make(2))});
    const RulePtr &first = analysis.rules[0].rule, &second = analysis.rules[1].rule;
    for (const auto& input : inputs) {
      for (const RuleFinding& finding : analysis.rules) {
        const bool matched = matches(finding.rule, *input);
        ASSERT_FALSE(finding.unreachable == Proof::kProven && matched) << finding.rule->content.condition;
        ASSERT_FALSE(finding.always_true == Proof::kProven && !matched) << finding.rule->content.condition;
        proven += finding.unreachable == Proof::kProven || finding.always_true == Proof::kProven ? 1 : 0;
      }
      if (analysis.overlaps.empty()) {
        ASSERT_FALSE(matches(first, *input) && matches(second, *input))
            << first->content.condition << "  AND  " << second->content.condition;
      }
    }
  }
  EXPECT_GT(proven, 1000);  // else nothing was tested
}

}  // namespace
}  // namespace smallbiznis::rule
