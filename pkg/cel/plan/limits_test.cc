// What an evaluation may take: cost, memory, time.
#include <chrono>

#include "pkg/cel/testing.h"

namespace smallbiznis::cel {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Limits, HostileExpressionsEndWithACleanError) {
  const std::string rows[] = {
      "lists.range(2000000000)",
      "lists.range(1000000).map(i, lists.range(1000000)).size()",
      "lists.range(1000).all(a, lists.range(1000).all(b, lists.range(1000).all(c, true)))",
      "[1,2,3,4,5,6,7,8,9].map(a, [1,2,3,4,5,6,7,8,9].map(b, [1,2,3,4,5,6,7,8,9].map(c, "
      "[1,2,3,4,5,6,7,8,9].map(d, [1,2,3,4,5,6,7,8,9].map(e, [1,2,3,4,5,6,7,8,9].map(f, [a, b, c, d, e, f]))))))",
      "cel.bind(a, 'xxxxxxxxxxxxxxxx', cel.bind(b, a+a+a+a+a+a+a+a+a+a, cel.bind(c, b+b+b+b+b+b+b+b+b+b, "
      "cel.bind(d, c+c+c+c+c+c+c+c+c+c, cel.bind(e, d+d+d+d+d+d+d+d+d+d, cel.bind(f, e+e+e+e+e+e+e+e+e+e, "
      "cel.bind(g, f+f+f+f+f+f+f+f+f+f, g.size())))))))",
      "'%.1000f'.format([1.0]) + lists.range(100000).map(i, '%.1000f'.format([1.0])).join()",
      "lists.range(100000).map(i, string(i)).distinct().size()",
      "lists.range(100000).map(i, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.matches('(a+)+' + string(i))).size()",
      "'a'.replace('', lists.range(100000).map(i, 'aaaaaaaa').join()).replace('a', "
      "lists.range(100000).map(i, 'aaaaaaaa').join())",
      "lists.range(100000).map(i, google.protobuf.Struct{fields: {'a': 1.0, 'b': 'c'}}).size()",
      "lists.range(100000).map(i, 'a'.matches('(((a{20}){20}){' + string(1 + i % 2) + '})')).size()",
      "cel.bind(a, lists.range(100000).map(i, 'a').join(), (a + a).contains(a + 'b') || a.size() == 0 || "
      "lists.range(10000).exists(i, (a + a).contains(a + 'b')))",
      "cel.bind(x, lists.range(1000), x.map(i, x).flatten().map(i, x).flatten().size())",
  };
  for (const std::string& expression : rows) {
    EXPECT_THAT(Eval(expression), AnyOf(HasSubstr("limit exceeded"), HasSubstr("must not be above"))) << expression;
  }
}

std::string Repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// What a compiler may be made to do: each row is a text of at most 10,000 parts. One that is not bounded runs into the
// test's own time limit.
TEST(Limits, HostileTextsAreCompiledOrRefused) {
  std::string doubled = "cel.bind(x, {1: 1}, ";
  for (int i = 0; i < 60; ++i) doubled += "cel.bind(x, {x: x}, ";
  doubled += "x" + Repeat(")", 61);
  std::string bound = "x" + Repeat(")", 10);
  for (int i = 0; i < 10; ++i) bound = "cel.bind(x, x" + Repeat(".a", 900) + ", " + bound;
  const std::string rows[] = {
      "cel.bind(x, dyn(1), " + bound + ")",
      doubled,
      "[" + Repeat("1==1,", 3'300) + "1]",
      "[" + Repeat("[]==[],", 3'300) + "1]",
      "[" + Repeat("lists.range(4000),", 3'300) + "1]",
      "[" + Repeat("'a'.matches('((a{99}){99}){9}'),", 3'000) + "1]",
      "['a'" + Repeat("+'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'", 900) + "]",
      "[" + Repeat("a.b.c.d,", 2'400) + "1]",
  };
  for (const std::string& text : rows) EXPECT_THAT(Eval(text), Not(HasSubstr(" parts"))) << text.substr(0, 60);
  EXPECT_THAT(Eval(rows[0]), HasSubstr("recursion limit exceeded"));
  EXPECT_THAT(Eval(rows[1]), HasSubstr("too large"));
}

// Long texts that are read again and again, patterns without an automaton, digits without end: each was slow once.
TEST(Limits, WhatTakesLongIsPaidFor) {
  const std::string text = "cel.bind(text, lists.range(60000).map(i, 'a').join(), ";
  const std::string rows[] = {
      text + "lists.range(100000).map(i, text).sort().size())",
      text + "lists.range(100000).sortBy(i, text).size())",
      text + "lists.range(100000).all(i, text in {text: 1}))",
      text + "lists.range(100000).all(i, {text: i}[text] == i))",
      text + "lists.range(100000).all(i, {text: 1, 'b': 2} == {'b': 2, text: 1}))",
      "lists.range(2000).all(i, '%f%.999e'.format([1e308, 1e308]).size() > 0)",
      "lists.range(20000).all(i, timestamp(0).getMilliseconds('Nowhere' + string(i)) == 0 || true)",
      "lists.range(2000).exists(i, 'a'.matches('((\\\\pL|\\\\pL)+){1,30}' + string(i)))",
  };
  for (const std::string& expression : rows) EXPECT_THAT(Eval(expression), HasSubstr("limit exceeded")) << expression;
  EXPECT_THAT(Eval(text + "text.matches('[ab]{500}$[ab]*'))"), HasSubstr("too long for their regular expressions"));
  EXPECT_THAT(Eval("cel.bind(v, 1, " + Repeat("cel.bind(v, {v: v}, ", 20) + "v" + Repeat(")", 21)),
              HasSubstr("too large"));
  EXPECT_THAT(Eval("optional.of({'a': dyn(1)})" + Repeat("[?'a']", 900)), HasSubstr("no such overload"));
  EXPECT_THAT(Eval("[" + Repeat("1,", 11'000) + "1]"), HasSubstr("more than 10000 parts"));
}

// What each took was measured in nanoseconds: at 25 of them a unit the limit of a million ends anything within 25 ms.
TEST(Limits, WhatTakesLongerThanAnOperatorCostsMore) {
  const auto env = MakeEnv({{"n", "int"}, {"s", "string"}, {"t", "timestamp"}});
  Activation input(*env);
  input.Set(0, Value::Int(3));
  input.Set(1, Value::String("x"));
  input.Set(2, Value::Timestamp(0, 0));
  const std::pair<std::string, int64_t> rows[] = {
      {"[n]", 5},
      {"{n: n}", 5},
      {"t.getHours('Asia/Jakarta')", 150},
      {"'%f'.format([n])", 20},
      {"'%.999e'.format([1e308 * double(n / 3)])", 4'000},
      {"isIP(s)", 10},
      {"money(n, 'IDR')", 10},
      {"'a'.matches(s)", 1'500},
      {"'a'.matches('\\\\pL' + s)", 32'000},
      {"'a'.matches('(\\\\pL){10}' + s)", 270'000},
      {"'a'.matches('a{1000}' + s)", 100'000},
      {"'a'.matches('(a{1000}){1000}' + s)", 900'000},
  };
  for (const auto& [expression, least] : rows) {
    const auto program = env->Compile(expression);
    ASSERT_TRUE(program.ok()) << program.status();
    Arena arena;
    int64_t cost = 0;
    (void)program->Evaluate(input, arena, {.cost = 10'000'000}, &cost);
    EXPECT_GE(cost, least) << expression;
    EXPECT_LE(cost, 3 * least + 100) << expression;
    EXPECT_LE(cost, program->EstimateCost({{}, {.text_bytes = 20}, {}}).most) << expression;
  }
}

TEST(Limits, NothingIsAllocatedThatIsNotPaidFor) {
  const auto env = MakeEnv({{"n", "int"}});
  const auto program = env->Compile("lists.range(n).map(i, i)");
  Activation activation(*env);
  activation.Set(0, Value::Int(1'000'000));
  Arena arena;
  EXPECT_FALSE(program->Evaluate(activation, arena, {.cost = 1000}).ok());
  EXPECT_LT(arena.used(), 1000u);
  arena.Reset();
  const auto result = program->Evaluate(activation, arena, {.cost = INT64_MAX, .memory_bytes = 1 << 20});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("memory limit exceeded"));
  EXPECT_LE(arena.used(), size_t{1} << 20);
}

TEST(Limits, TheCostLimitIsExact) {
  for (const std::string expression :
       {"[1, 2, 3].all(x, x > 0) && 'abc'.size() == 3", "1 + 2 * 3 == 7 ? {'a': 1}.a : 0"}) {
    const auto env = MakeEnv();
    const auto program = env->CompileUnchecked(expression);
    Arena arena;
    int64_t cost = 0;
    EXPECT_TRUE(program->Evaluate(Activation(*env), arena, {}, &cost).ok());
    EXPECT_GT(cost, 0);
    EXPECT_TRUE(program->Evaluate(Activation(*env), arena, {.cost = cost}).ok());
    const auto refused = program->Evaluate(Activation(*env), arena, {.cost = cost - 1});
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted) << expression;
    EXPECT_FALSE(program->Explain(Activation(*env), arena, {.cost = cost - 1}).result.ok());
    EXPECT_TRUE(program->Explain(Activation(*env), arena, {.cost = cost}).result.ok());
  }
}

TEST(Limits, ALimitIsNotAbsorbed) {
  EXPECT_THAT(Eval("true || lists.range(900000).all(x, x >= 0)"), "true");
  EXPECT_THAT(Eval("lists.range(900000).all(x, x >= 0) || true"), HasSubstr("limit exceeded"));
  EXPECT_THAT(Eval("[1].exists(x, lists.range(900000).all(y, y >= 0) || true)"), HasSubstr("limit exceeded"));
}

TEST(Limits, AbsorbedErrorsArePaidFor) {
  const auto env = MakeEnv({{"m", "map(string, int)"}});
  const auto program = env->Compile("lists.range(150000).all(i, m[string(i) + 'a'] == 1 || true)");
  Arena arena;
  Activation activation(*env);
  activation.Set(0, MakeMap(arena, {}));
  EXPECT_EQ(program->Evaluate(activation, arena, {}).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_LE(arena.used(), size_t{17} << 20);
}

TEST(Limits, ADeadlineInterrupts) {
  const auto env = MakeEnv();
  const auto program = env->Compile("lists.range(100000).all(x, lists.range(100000).all(y, x + y >= 0))");
  Arena arena;
  const auto result = program->Evaluate(
      Activation(*env), arena,
      {.cost = INT64_MAX, .memory_bytes = SIZE_MAX / 2, .deadline = std::chrono::steady_clock::now()});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace smallbiznis::cel
