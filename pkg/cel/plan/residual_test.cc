// Residual expressions: what is left once a part of the variables is known. And trees as texts.
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "pkg/cel/random_testing.h"
#include "pkg/cel/syntax/same_tree.h"
#include "pkg/cel/syntax/unparse.h"

namespace smallbiznis::cel {
namespace {

int64_t Knob(const char* name, int64_t otherwise) {
  const char* value = std::getenv(name);
  int64_t number = 0;
  return value != nullptr && absl::SimpleAtoi(value, &number) ? number : otherwise;
}

void ExpectReadsBack(const std::string& source) {
  const ParseOptions options{.block_macros = true};
  const auto ast = Parse(source, options);
  ASSERT_TRUE(ast.ok()) << ast.status();
  const std::string text = Unparse(*(*ast)->root);
  const auto again = Parse(text, options);
  ASSERT_TRUE(again.ok()) << source << "\n" << again.status();
  EXPECT_TRUE(SameTree(*(*ast)->root, *(*again)->root)) << source << "\n" << text;
}

TEST(UnparseTest, ATextOfATreeReadsBackAsTheTree) {
  for (const char* source : {"a - (b - c) - d",
                             "(a && b) && c || d",
                             "(a || b) && (c || d)",
                             "-(5)",
                             "-5",
                             "-(-5)",
                             "-(-(a))",
                             "!(!a)",
                             "(-5).abs()",
                             "(5).abs() + 5.0.abs()",
                             "(a ? b : c) ? (d ? e : f) : g",
                             "(a < b) < (c < d)",
                             "[1, ?a, 2][?0]",
                             "{?'a': b, 'c': 1u}",
                             "a.`b-c`.?`d e`[0]",
                             "has(a.`in`)",
                             "Msg{f: 1, ?g: h, `i-j`: 2}",
                             ".a.B{}",
                             ".f(.x)",
                             "b'\\xff\\x00a' + b\"\"",
                             "'\\u0001\\n\\\"\\'\\\\' + r'\\d'",
                             "9223372036854775807 - -9223372036854775808",
                             "1e100 + -0.0 + 1e-7",
                             "a.map(x, x > 1, x)",
                             "a.exists_one(i, v, i > v)",
                             "cel.bind(x, 1, cel.bind(y, x, y))",
                             "cel.block([1, cel.index(0) + 1], cel.index(1))",
                             "[1].map(cel.iterVar(0, 0), cel.iterVar(0, 0))",
                             "math.greatest(1, 2, 3)",
                             "proto.getExt(m, a.b.c) && proto.hasExt(m, a.b.c)",
                             "x.optMap(v, v + 1)"}) {
    ExpectReadsBack(source);
  }
}

TEST(UnparseTest, SoDoRandomOnes) {
  RandomExpressions random(static_cast<uint64_t>(Knob("SEED", 1)));
  for (int64_t i = 0; i < Knob("CASES", 3000); ++i) ExpectReadsBack(random.Bool(1 + random.Below(4)));
}

std::string ResidualOf(const std::string& expression) {
  const auto env = MakeEnv({{"n", "int"}, {"s", "string"}, {"b", "bool"}, {"d", "dyn"}, {"u", "int"}, {"v", "bool"}});
  const auto program = env->Compile(expression);
  EXPECT_TRUE(program.ok()) << program.status();
  Activation activation(*env);
  Arena arena;
  activation.Set(0, Value::Int(7));
  activation.Set(1, Value::String("gold"));
  activation.Set(2, Value::Bool(true));
  activation.Set(3, MakeMap(arena, {{"k", Value::Int(1)}}));
  activation.SetUnknown(4);
  activation.SetUnknown(5);
  const auto text = program->Residual(activation, arena, {});
  return text.ok() ? *text : std::string(text.status().message());
}

TEST(ResidualTest, SaysWhatIsLeft) {
  const std::pair<std::string, std::string> rows[] = {
      {"n > 5 && u > 5", "u > 5"},
      {"n > 5 && s == 'gold' && u > n && v", "u > 7 && v"},
      {"n < 5 && u > 5", "false"},
      {"n < 5 || u > 5", "u > 5"},
      {"n > 5 || u > 5", "true"},
      {"b ? u + 1 : u * n", "u + 1"},
      {"v ? n + 1 : n * 2", "v ? 7 + 1 : 7 * 2"},
      {"n * 2", "14"},
      {"u > -n", "u > -7"},
      {"u in [n, n + 1]", "u in [7, 8]"},
      {"d.k == u", "1 == u"},
      {"[1, 2].exists(i, i < n && i == u)", "[1, 2].exists(i, i < 7 && i == u)"},
      {"has(d.k) && u == 1", "u == 1"},
      {"cel.bind(x, n + 1, x > u)", "cel.bind(x, 8, 8 > u)"},
      {"math.greatest(n, u) > 1", "math.greatest(7, u) > 1"},
      {"v && (n > 5 || u == 2)", "v"},
      {"n / 0 == u", "7 / 0 == u"},
  };
  for (const auto& [expression, residual] : rows) EXPECT_EQ(ResidualOf(expression), residual) << expression;
  EXPECT_THAT(ResidualOf("n / 0 == n"), ::testing::HasSubstr("divide by zero"));
}

// Whatever is known first: the residual with the rest comes to what the whole does.
TEST(ResidualTest, WithTheRestItIsTheWhole) {
  const Variables variables = RandomExpressions::variables();
  const auto env = MakeEnv(variables);
  const auto seed = static_cast<uint64_t>(Knob("SEED", 1));
  RandomExpressions random(seed);
  int residuals = 0;
  for (int64_t i = 0; i < Knob("CASES", 4000); ++i) {
    const std::string expression =
        random.Below(3) == 0 ? random.Dyn(random.Below(4)) : random.Bool(1 + random.Below(4));
    const auto program = env->Compile(expression);
    if (!program.ok()) continue;
    Arena inputs, arena, other;
    Activation whole(*env), part(*env), rest(*env);
    random.Fill(inputs, whole);
    for (int v = 0; v < static_cast<int>(variables.size()); ++v) {
      const Value& value = whole.values()[v];
      if (random.Below(2) == 0) {
        part.Set(v, value);
      } else {
        part.SetUnknown(v);
        rest.Set(v, value);
      }
    }
    const Limits limits{.cost = 1'000'000'000, .memory_bytes = 1 << 30};
    const auto expected = program->Evaluate(whole, arena, limits);
    const auto text = program->Residual(part, arena, limits);
    if (!text.ok()) {
      EXPECT_FALSE(expected.ok()) << expression << "\n" << text.status();
      continue;
    }
    ++residuals;
    const auto residual = env->CompileUnchecked(*text);
    ASSERT_TRUE(residual.ok()) << "seed " << seed << ": " << expression << "\n" << *text << "\n" << residual.status();
    const auto actual = residual->Evaluate(rest, other, limits);
    ASSERT_EQ(expected.ok(), actual.ok()) << "seed " << seed << ": " << expression << "\n"
                                          << *text << "\n"
                                          << Outcome(expected) << "\n"
                                          << Outcome(actual);
    ASSERT_TRUE(!expected.ok() || Outcome(expected) == Outcome(actual)) << "seed " << seed << ": " << expression << "\n"
                                                                        << *text << "\n"
                                                                        << Outcome(expected) << "\n"
                                                                        << Outcome(actual);
  }
  EXPECT_GT(residuals, 1500);
}

}  // namespace
}  // namespace smallbiznis::cel
