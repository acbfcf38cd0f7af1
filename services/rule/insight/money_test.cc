// Rules of amounts whose currency the trigger declares.
#include <fmt/format.h>

#include <random>

#include "services/rule/engine/testing.h"
#include "services/rule/insight/analyze.h"
#include "services/rule/insight/explain.h"

namespace smallbiznis::rule {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::shared_ptr<const Schema>& Sale() {
  static const auto& schema = *new std::shared_ptr<const Schema>(*Schema::Create(
      {.name = "SALE",
       .attributes = {{"total", "money(IDR)", "", true}, {"tip", "money", "", false}, {"n", "int", "", false}}}));
  return schema;
}

absl::StatusOr<RulePtr> Compile(int64_t id, const std::string& condition, const std::string& points = "") {
  Content content = Draft(condition);
  content.trigger = "SALE";
  if (!points.empty()) content.actions = {RewardPoint{{.fixed = 0, .expression = points}}};
  return CompileRule(Sale(), RuleId(id), 1, content);
}

RulePtr Make(int64_t id, const std::string& condition, const std::string& points = "") {
  const absl::StatusOr<RulePtr> rule = Compile(id, condition, points);
  EXPECT_TRUE(rule.ok()) << rule.status();
  return *rule;
}

struct SaleInput {
  explicit SaleInput(int64_t total, const std::string& more = "") : activation(Sale()->env()) {
    const std::string json = fmt::format(R"({{"total": {{"amount": {}, "currency": "IDR"}}{}}})", total, more);
    status = ReadContext(*Sale(), json, absl::UnixEpoch(), arena, activation);
    EXPECT_TRUE(status.ok()) << status;
  }
  cel::Arena arena;
  cel::Activation activation;
  absl::Status status;
};

TEST(MoneyRuleTest, AnotherCurrencyIsRefusedWhenTheRuleIsSaved) {
  const absl::Status error = Compile(1, "n > 1 && total >= money(1000, 'USD')").status();
  EXPECT_EQ(status::Reason(error), "RULE_EXPRESSION_INVALID");
  EXPECT_EQ(status::FieldViolations(error)[0].description,
            "line 1, column 16: different currencies: '_>=_' applied to '(money(IDR), money(USD))'\n"
            " | n > 1 && total >= money(1000, 'USD')\n"
            " | ...............^");
}

TEST(MoneyRuleTest, AmountsArePartOfWhatIsEarned) {
  const RulePtr rule = Make(1, "total >= money('1000.00', 'IDR')", "total.percent('2.5', 'half_even').amount()");
  cel::Arena arena;
  Bounds bounds;
  const Result result = Evaluate(rule, SaleInput(100'060).activation, arena, bounds);
  EXPECT_EQ(result.outcome, Outcome::kMatched) << result.reason;
  EXPECT_EQ(result.actions[0], Action(RewardPoint{{.fixed = 2502, .expression = {}}}));  // of 2501.5
}

TEST(MoneyRuleTest, ExplanationsAreInTheCurrency) {
  cel::Arena arena;
  Bounds bounds;
  const auto explained = Explain(Make(1, "total >= money(100000, 'IDR')"), SaleInput(90'050).activation, arena, bounds);
  EXPECT_THAT(explained.reasons, ElementsAre("total 900.50 IDR is below 1000.00 IDR"));
  EXPECT_EQ(explained.steps[0].value, "900.50 IDR");
}

// Amounts are filed like numbers; one of another currency is an error of the rules that ask for it, index or not.
TEST(MoneyRuleTest, TheIndexAnswersAsEvaluatingEveryRuleDoes) {
  std::mt19937_64 random(7);
  std::vector<RulePtr> rules;
  for (int64_t id = 1; id <= 300; ++id) {
    const uint64_t low = random() % 50;
    const std::string currency = random() % 3 == 0 ? "USD" : "IDR";
    const std::string rows[] = {
        fmt::format("total >= money({}, 'IDR') && total < money({}, 'IDR')", low, low + random() % 9),
        fmt::format("total == money({}, 'IDR')", low),
        fmt::format("total == money({}, 'IDR') || money({}, 'IDR') == total", low, low + 1),
        fmt::format("tip > money({}, '{}')", low, currency),
        fmt::format("tip == money({}, '{}') && n > 1", low, currency),
    };
    rules.push_back(Make(id, rows[random() % 5]));
  }
  const auto indexed = RuleSet(Sale()).With(rules, {});
  const auto looped = RuleSet(Sale()).Overlaid(rules, {});
  for (int i = 0; i < 300; ++i) {
    const std::string tip = fmt::format(R"(, "tip": {{"amount": {}, "currency": "{}"}}, "n": 2)", random() % 60,
                                        i % 2 == 0 ? "USD" : "IDR");
    const SaleInput input(static_cast<int64_t>(random() % 60), i % 3 == 0 ? "" : tip);
    ASSERT_EQ(Told(indexed->Evaluate(input.activation, {})), Told(looped->Evaluate(input.activation, {}))) << i;
  }
  cel::Arena arena;
  std::vector<const cel::IndexedRule*> found;
  cel::RuleIndex index(Sale()->shared_env());
  ASSERT_TRUE(index.Update({{1, 0, *rules[0]->condition}}).ok());
  EXPECT_EQ(index.snapshot()->always_candidates(), 0u);
}

TEST(MoneyRuleTest, AnalysisReadsAmounts) {
  const auto analysis =
      Analyze(*RuleSet(Sale()).With(
                  {Make(1, "total > money(5, 'IDR') && total < money(6, 'IDR')"),
                   Make(2, "total > money(5, 'IDR') && total < money(9, 'IDR')"), Make(3, "total >= money(8, 'IDR')"),
                   Make(4, "total < money(8, 'IDR') || total >= money(8, 'IDR')"), Make(5, "total < money(2, 'IDR')")},
                  {}),
              {.now = absl::UnixEpoch()});
  EXPECT_EQ(analysis.rules[0].unreachable, Proof::kProven);
  EXPECT_EQ(analysis.rules[1].unreachable, Proof::kRefuted);
  EXPECT_THAT(analysis.rules[1].example, HasSubstr(R"("total":{"amount":6,"currency":"IDR"})"));
  EXPECT_EQ(analysis.rules[3].always_true, Proof::kProven);
  std::vector<std::string> pairs;
  for (const Overlap& pair : analysis.overlaps) {
    EXPECT_EQ(pair.overlap, Proof::kProven);
    pairs.push_back(fmt::format("{}-{}", pair.first->id.value(), pair.second->id.value()));
  }
  EXPECT_THAT(pairs, ElementsAre("2-3", "2-4", "3-4", "4-5"));
}

}  // namespace
}  // namespace smallbiznis::rule
