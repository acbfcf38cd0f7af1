// Estimates of cost beside what evaluations cost. CASES=n, SEED=n: another run.
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "pkg/cel/random_testing.h"

namespace smallbiznis::cel {
namespace {

int64_t Knob(const char* name, int64_t otherwise) {
  const char* value = std::getenv(name);
  int64_t number = 0;
  return value != nullptr && absl::SimpleAtoi(value, &number) ? number : otherwise;
}

CostEstimate EstimateOf(const std::string& expression, const Variables& variables, VariableSize size) {
  const auto program = MakeEnv(variables)->Compile(expression);
  EXPECT_TRUE(program.ok()) << program.status();
  return program->EstimateCost(std::vector<VariableSize>(variables.size(), size));
}

TEST(EstimateTest, IsExactWhereNothingDependsOnSizes) {
  const Variables shop = {{"amount", "int"}, {"total", "money(IDR)"}, {"flag", "bool"}};
  const std::tuple<std::string, int64_t, int64_t> rows[] = {
      {"amount >= 10000", 2, 2},
      {"flag && amount >= 10000", 2, 4},
      {"flag ? 1 : amount", 2, 3},
      {"amount in [1, 2, 3, 4, 5, 6]", 2, 2},
      {"lists.range(100).map(i, i > amount)", 552, 552},
  };
  for (const auto& [expression, least, most] : rows) {
    const CostEstimate cost = EstimateOf(expression, shop, {});
    EXPECT_EQ(cost.least, least) << expression;
    EXPECT_EQ(cost.most, most) << expression;
  }
}

TEST(EstimateTest, GrowsWithTheHints) {
  const Variables shop = {{"items", "list(map(string, dyn))"}, {"s", "string"}};
  const std::string loop = "items.exists(i, i.sku == 'A-7')";
  const CostEstimate small = EstimateOf(loop, shop, {.text_bytes = 100, .items = 10});
  const CostEstimate large = EstimateOf(loop, shop, {.text_bytes = 100, .items = 1000});
  EXPECT_GT(large.most, 90 * small.most);
  EXPECT_EQ(large.least, small.least);
  EXPECT_LT(EstimateOf("s.startsWith('gold')", shop, {.text_bytes = 1000}).most, 50);
  EXPECT_GT(EstimateOf("s.lowerAscii() == 'gold'", shop, {.text_bytes = 1000}).most, 100);
}

TEST(EstimateTest, IsNotBoundedWhereNothingIsKnown) {
  const auto env = Env::Create({.variables = {{"n", "int"}},
                                .functions = {{"own(int) -> int", [](Frame&, const Value* args) { return args[0]; }}}});
  EXPECT_FALSE((*env)->Compile("own(n) > 1")->EstimateCost({{}}).bounded());
  EXPECT_TRUE((*env)->Compile("n > 1")->EstimateCost({{}}).bounded());
  EXPECT_TRUE((*env)->Compile("n > 1")->EstimateCost({}).bounded());
  const auto texts = MakeEnv({{"s", "string"}, {"xs", "list(string)"}});
  for (const std::string expression :
       {"s.contains('a')", "xs.exists(x, x == s)", "xs.map(x, x + s).sort() == xs", "'%s'.format(xs).size() > 1",
        "s.replace('a', s) == s", "sets.contains(xs, xs)"}) {
    EXPECT_FALSE(texts->Compile(expression)->EstimateCost({}).bounded()) << expression;
    EXPECT_TRUE(texts->Compile(expression)->EstimateCost({{.text_bytes = 9}, {.text_bytes = 9, .items = 9}}).bounded());
  }
}

// The property that makes it an estimate: of random expressions and inputs, no evaluation costs less or more.
TEST(EstimateTest, EveryEvaluationCostsBetweenLeastAndMost) {
  const Variables variables = RandomExpressions::variables();
  const auto env = MakeEnv(variables);
  const auto seed = static_cast<uint64_t>(Knob("SEED", 1));
  RandomExpressions random(seed);
  std::vector<VariableSize> sizes(variables.size(),
                                  {.text_bytes = RandomExpressions::kText, .items = RandomExpressions::kItems});
  int evaluated = 0;
  int exact = 0;
  for (int64_t i = 0; i < Knob("CASES", 4000); ++i) {
    const int depth = 1 + random.Below(4);
    const std::string expression = random.Below(3) == 0 ? random.Dyn(depth) : random.Bool(depth);
    const auto program = random.Below(4) == 0 ? env->CompileUnchecked(expression) : env->Compile(expression);
    if (!program.ok()) continue;
    const auto missing = static_cast<size_t>(random.Below(static_cast<int>(2 * sizes.size())));
    for (size_t v = 0; v < sizes.size(); ++v) sizes[v].missing = v == missing;
    const CostEstimate estimate = program->EstimateCost(sizes);
    for (int j = 0; j < 3; ++j) {
      Arena inputs, arena;
      Activation activation(*env);
      random.Fill(inputs, activation);
      if (missing < sizes.size() && j > 0) activation.Set(static_cast<int>(missing), Value::Unset());
      int64_t cost = 0;
      const auto value = program->Evaluate(activation, arena, {.cost = 1'000'000'000, .memory_bytes = 1 << 30}, &cost);
      ASSERT_NE(value.status().code(), absl::StatusCode::kResourceExhausted) << expression;
      ASSERT_GE(cost, estimate.least) << "seed " << seed << ": " << expression << "\n" << Outcome(value);
      ASSERT_LE(cost, estimate.most) << "seed " << seed << ": " << expression << "\n" << Outcome(value);
      ++evaluated;
      exact += estimate.least == estimate.most ? 1 : 0;
    }
  }
  EXPECT_GT(evaluated, 3000);
  EXPECT_GT(exact, 10);
}

}  // namespace
}  // namespace smallbiznis::cel
