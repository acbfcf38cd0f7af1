#include "pkg/cel/cel.h"

#include "pkg/cel/syntax/lexer.h"
#include "pkg/cel/testing.h"

namespace smallbiznis::cel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Cel, NumbersKeepTheirTypes) {
  const std::pair<std::string, std::string> rows[] = {
      {"1", "1"},
      {"1.0", "1.0"},
      {"[1, 1.0, -2.0]", "[1, 1.0, -2.0]"},
      {"1u", "1u"},
      {"type(1) == int && type(1.0) == double", "true"},
      {"1 == 1.0 && 1u == 1 && 2 > 1.5", "true"},
      {"{1: 'a'}[1.0]", "\"a\""},
      {"7 / 2", "3"},
      {"-7 % 3", "-1"},
      {"7.0 / 2.0", "3.5"},
      {"9223372036854775807 + 1",
       "ERROR: <input>:1:21: range error: integer overflow\n | 9223372036854775807 + 1\n | ....................^"},
      {"1 / 0", "ERROR: <input>:1:3: divide by zero\n | 1 / 0\n | ..^"},
      {"double('NaN') == double('NaN')", "false"},
  };
  for (const auto& [expression, value] : rows) EXPECT_EQ(Eval(expression, false), value) << expression;
}

// As in README.md.
TEST(Cel, TheExampleOfTheReadme) {
  auto env = Env::Create({.variables = {{"amount", "int"}, {"tier", "string"}}});
  auto program = (*env)->Compile("amount >= 10000 && tier == 'gold'");  // or a status with line, column and a caret
  Activation input(**env);
  input.Set((*env)->variable("amount"), Value::Int(12500));
  input.Set((*env)->variable("tier"), Value::String("gold"));  // refers to the text
  Arena arena;
  auto result = program->Evaluate(input, arena, {.cost = 1000});
  bool gold = result.ok() && result->is_true();
  EXPECT_TRUE(gold);
}

// Types are checked against declarations; what callers put into an activation need not keep to them.
TEST(Cel, AValueOfAnotherTypeThanDeclaredIsAnError) {
  const auto env = MakeEnv({{"n", "int"},
                            {"s", "string"},
                            {"t", "timestamp"},
                            {"total", "money(IDR)"},
                            {"xs", "list(int)"},
                            {"m", "map(string, map(string, int))"},
                            {"o", "optional(int)"},
                            {"net", "net.IP"},
                            {"api", "google.protobuf.Api"}});
  Arena arena;
  const Value item = Value::Int(1);
  const Value values[] = {Value::Null(),      Value::Bool(true),       Value::Double(1),   Value::Uint(1),
                          Value::Bytes("a"),  Value::Type("int"),      MakeMap(arena, {}), Value::List(&item, 0),
                          Value::Duration(1), Value::Optional(nullptr)};
  const std::string expressions[] = {"n + 1 > 0 && n % 2 == 0",
                                     "s.size() == 1 && s + 'a' < s",
                                     "t.getHours() == 1 && t < t + duration('1s')",
                                     "total < money(1, 'IDR')",
                                     "xs[0] == 1 && xs.map(x, x * x).sort().size() == 1",
                                     "m.a.b == 1 && m.all(k, v, true)",
                                     "o.orValue(1) == 1 && o.value() == 1",
                                     "net.family() == 4",
                                     "api.source_context.file_name.startsWith('a')"};
  for (const std::string& expression : expressions) {
    const auto program = env->Compile(expression);
    ASSERT_TRUE(program.ok()) << program.status();
    int errors = 0;
    for (const Value& value : values) {
      Activation input(*env);
      for (int i = 0; i < env->variables(); ++i) input.Set(i, value);
      const auto result = program->Evaluate(input, arena, {});
      if (result.ok()) continue;
      EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument) << expression;
      ++errors;
    }
    EXPECT_GE(errors, 6) << expression;
  }
}

TEST(Cel, LogicAbsorbsErrorsOnBothSides) {
  const std::pair<std::string, std::string> rows[] = {
      {"1 / 0 > 1 || true", "true"},          {"true || 1 / 0 > 1", "true"},
      {"1 / 0 > 1 && false", "false"},        {"[0, 1].exists(x, 1 / x == 1)", "true"},
      {"[1, 0].all(x, 1 / x == 2)", "false"},
  };
  for (const auto& [expression, value] : rows) EXPECT_EQ(Eval(expression), value) << expression;
  EXPECT_THAT(Eval("1 / 0 > 1 || false"), HasSubstr("divide by zero"));
  EXPECT_THAT(Eval("[0, 2].exists(x, 1 / x == 1)"), HasSubstr("divide by zero"));
  EXPECT_THAT(Eval("[0, 1].exists_one(x, 1 / x == 1)"), HasSubstr("divide by zero"));
}

// More zones than are kept at hand, twice around.
TEST(Cel, EveryZoneHasItsOwnTime) {
  EXPECT_EQ(Eval("lists.range(24).map(i, timestamp(0).getHours('Etc/GMT-' + string(i % 12)))"),
            "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]");
}

TEST(Cel, LibrariesAreThere) {
  const std::pair<std::string, std::string> rows[] = {
      {"'héllo'.size() + size([1])", "6"},
      {"'abc'.matches('^a.c$')", "true"},
      {"cel.bind(x, 'abc', x.matches('^' + x + '$'))", "true"},
      {"timestamp('2024-02-29T23:30:00Z').getHours('Asia/Jakarta')", "6"},
      {"timestamp('2024-02-29T23:30:00Z') + duration('1h')", "timestamp(\"2024-03-01T00:30:00Z\")"},
      {"string(duration('90m'))", "\"5400s\""},
      {"'a,b'.split(',').map(s, s.upperAscii()).join('-')", "\"A-B\""},
      {"'%s is %d and %.2f'.format(['x', 3, 1.5])", "\"x is 3 and 1.50\""},
      {"math.greatest(1, 2.5, 2u)", "2.5"},
      {"sets.contains([1, 2, 3], [2.0, 3])", "true"},
      {"base64.encode(b'hello')", "\"aGVsbG8=\""},
      {"[3, 1, 2].sort()", "[1, 2, 3]"},
      {"[3, 1, 2].sortBy(x, -x)", "[3, 2, 1]"},
      {"[1, [2, [3]]].flatten()", "[1, 2, [3]]"},
      {"{'a': {'b': 1}}.?a.?c.orValue(7)", "7"},
      {"optional.of(1).optMap(x, x + 1).value()", "2"},
      {"optional.of(1).orValue(1 / 0)", "1"},
      {"[?optional.none(), ?optional.of(2)]", "[2]"},
      {"[10, 20].transformMapEntry(i, v, {v: i})", "{10: 0, 20: 1}"},
      {"{'a': 1}.transformMap(k, v, v + 1)", "{\"a\": 2}"},
      {"cidr('10.0.0.0/8').containsIP('10.1.2.3')", "true"},
      {"5 in [1, 2, 3, 4, 5.0, 5u]", "true"},
      {"'z' in ['a', 'b', 'c', 'd', 'e', 'f']", "false"},
      {"'ab'.replace('', '-')", "\"-a-b-\""},
  };
  for (const auto& [expression, value] : rows) EXPECT_EQ(Eval(expression, false), value) << expression;
}

TEST(Cel, MessagesAreReadAndMadeByReflection) {
  const std::pair<std::string, std::string> rows[] = {
      {"google.protobuf.Int64Value{value: 3} + 1", "4"},
      {"google.protobuf.Struct{fields: {'a': google.protobuf.Value{number_value: 1.0}}}.a", "1.0"},
      {"google.protobuf.Value{}", "null"},
      {"google.protobuf.Timestamp{seconds: 60} == timestamp('1970-01-01T00:01:00Z')", "true"},
      {"google.protobuf.FieldMask{paths: ['a', 'b']}.paths.size()", "2"},
      {"has(google.protobuf.FieldMask{}.paths)", "false"},
      {"google.protobuf.FieldMask{paths: ['a']} == google.protobuf.FieldMask{paths: ['b']}", "false"},
      {"google.protobuf.Any{type_url: 'type.googleapis.com/google.protobuf.BoolValue', value: b'\\x08\\x01'}", "true"},
      {"type(google.protobuf.FieldMask{}) == google.protobuf.FieldMask", "true"},
  };
  for (const auto& [expression, value] : rows) EXPECT_EQ(Eval(expression, false), value) << expression;
  EXPECT_THAT(Eval("google.protobuf.Int32Value{value: 3000000000}"), HasSubstr("range error"));
  EXPECT_THAT(Eval("google.protobuf.Any{type_url: 'a/b.C'}"), HasSubstr("unknown type"));
  EXPECT_THAT(Eval("google.protobuf.FieldMask{}.nothing"), HasSubstr("undefined field 'nothing'"));
}

TEST(Cel, TimeZonesAreThoseOfTheDatabase) {
  EXPECT_EQ(Eval("timestamp(0).getHours('-03:30')"), "20");
  EXPECT_EQ(Eval("timestamp(0).getHours('America/St_Johns')"), "20");
  for (const std::string zone : {"Mars/Olympus", "../zoneinfo/UTC", "/etc/passwd", "+25:00", "UTC0"}) {
    EXPECT_THAT(Eval("timestamp(0).getHours('" + zone + "')"), HasSubstr("unknown time zone")) << zone;
  }
}

TEST(Cel, ABoundValueIsComputedOnceAndOnlyWhenNeeded) {
  EXPECT_EQ(Eval("cel.bind(x, 1 / 0, true)"), "true");
  EXPECT_EQ(Eval("cel.bind(x, [1, 2].map(y, y * 2), [1, 2].map(z, x.exists(w, w == z * 2)))"), "[true, true]");
  EXPECT_EQ(Eval("[1, 2].map(y, cel.bind(x, y * 10, x + x))"), "[20, 40]");
}

TEST(Cel, AProgramIsEvaluatedWithManyInputs) {
  const auto env = MakeEnv({{"amount", "int"}, {"items", "list(map(string, dyn))"}});
  const auto program = env->Compile("amount >= 10000 && items.exists(i, i.sku == 'A-7' && i.qty >= 2)");
  ASSERT_TRUE(program.ok()) << program.status();
  Arena arena;
  const Value items[] = {MakeMap(arena, {{"sku", Value::String("A-7")}, {"qty", Value::Int(2)}})};
  Activation activation(*env);
  ASSERT_TRUE(activation.Set("items", Value::List(items, 1)).ok());
  EXPECT_FALSE(activation.Set("nothing", Value::Null()).ok());
  EXPECT_THAT(Outcome(program->Evaluate(activation, arena, {})), HasSubstr("no such attribute: amount"));
  activation.Set(0, Value::Int(10000));
  EXPECT_EQ(Outcome(program->Evaluate(activation, arena, {})), "true");
  activation.Set(0, Value::Int(9999));
  EXPECT_EQ(Outcome(program->Evaluate(activation, arena, {})), "false");
}

TEST(Cel, FunctionsOfTheCallersOwn) {
  int calls = 0;
  const auto env =
      Env::Create({.variables = {{"x", "int"}},
                   .functions = {{"int.tripled() -> int",
                                  [&](Frame&, const Value* args) {
                                    ++calls;
                                    return Value::Int(3 * args[0].integer);
                                  }},
                                 {"fails(int) -> bool",
                                  [](Frame& frame, const Value*) { return frame.Fail("it fails"); }, false}}});
  ASSERT_TRUE(env.ok()) << env.status();
  Arena arena;
  Activation activation(**env);
  activation.Set(0, Value::Int(2));
  EXPECT_EQ(Outcome((*env)->Compile("x.tripled() + 1")->Evaluate(activation, arena, {})), "7");
  EXPECT_EQ(Outcome((*env)->Compile("2.tripled()")->Evaluate(activation, arena, {})), "6");
  EXPECT_EQ(calls, 2);
  EXPECT_THAT(Outcome((*env)->Compile("fails(1)")->Evaluate(activation, arena, {})),
              "ERROR: <input>:1:1: it fails\n | fails(1)\n | ^");
  EXPECT_THAT(std::string((*env)->Compile("'a'.tripled()").status().message()), HasSubstr("no matching overload"));
}

TEST(Cel, ScalarComparisonsTouchNoMemory) {
  const auto env = MakeEnv({{"tier", "string"}, {"total", "int"}});
  const auto program = env->Compile("tier == 'gold' && total > 1000000");
  Activation activation(*env);
  activation.Set(0, Value::String("gold"));
  activation.Set(1, Value::Int(1'500'000));
  Arena arena;
  EXPECT_EQ(Outcome(program->Evaluate(activation, arena, {})), "true");
  EXPECT_EQ(arena.used(), 0u);
}

TEST(Cel, ExplainTellsEverySubExpression) {
  const auto env = MakeEnv({{"sub_total", "int"}, {"tier", "string"}});
  const auto program = env->Compile("sub_total >= 1000000 && tier == 'gold'");
  Activation activation(*env);
  activation.Set(0, Value::Int(900'000));
  activation.Set(1, Value::String("gold"));
  Arena arena;
  const Explanation explanation = program->Explain(activation, arena, {});
  EXPECT_EQ(Outcome(explanation.result), "false");
  std::vector<std::string> steps;
  for (const Step& step : explanation.steps) steps.push_back(std::to_string(step.offset) + ": " + Show(step.value));
  EXPECT_THAT(steps, ElementsAre("0: 900000", "10: false", "21: false"));
}

TEST(Cel, UnknownsAreWaitedFor) {
  const auto env = MakeEnv({{"a", "bool"}, {"b", "bool"}, {"n", "int"}});
  Activation activation(*env);
  activation.Set(0, Value::Bool(true));
  activation.SetUnknown(1);
  activation.SetUnknown(2);
  Arena arena;
  const auto run = [&](const char* text) { return *env->Compile(text)->Evaluate(activation, arena, {}); };
  EXPECT_EQ(Show(run("a || b")), "true");
  EXPECT_EQ(Show(run("b || a")), "true");
  const Value both = run("a && (b || n > 1)");
  ASSERT_TRUE(both.is(Kind::kUnknown));
  EXPECT_THAT(std::vector<int64_t>(both.unknown, both.unknown + both.size), ElementsAre(1, 2));
  EXPECT_TRUE(run("[n, 1].size() == 2").is(Kind::kUnknown));
  EXPECT_TRUE(run("a ? n : 1").is(Kind::kUnknown));
  EXPECT_EQ(Show(run("!a ? n : 1")), "1");
}

// What the differential run against cel-go has found.
TEST(Cel, EdgesAreAsOthersHaveThem) {
  const std::pair<std::string, std::string> rows[] = {
      {"1.0 / math.sign(-0.0)", "+Inf"},
      {"'a'.lastIndexOf('a', 1)", "-1"},
      {"'%d %s'.format([-2.5, 1e21])", "\"-2.5 1000000000000000000000\""},
      {"'%d'.format([0.00001])", "\"0.00001\""},
      {"'%d'.format([123456.789])", "\"123456.789\""},
      {"'%s'.format([b'a\\xff']) == 'a\\uFFFD'", "true"},
      {"'{1: 2}'.matches('{1: 99999}')", "false"},
      {"type([[1], [2]].flatten()[0] + 1)", "int"},
  };
  for (const auto& [expression, value] : rows) EXPECT_EQ(Eval(expression), value) << expression;
  for (const std::string wrong : {"base64.decode('YW Jj')", "base64.decode('YQ..')", "double('0x10')",
                                  "math.greatest(double('NaN'), 1)", "math.least([1.0, double('NaN')])",
                                  "'a'.indexOf('a', -1)", "'abc'.indexOf('a', 5)", "'abc'.lastIndexOf('a', 5)"}) {
    EXPECT_THAT(Eval(wrong), ::testing::HasSubstr("ERROR")) << wrong;
  }
}

TEST(Show, IsUtf8WhereTheTextsAre) {
  const std::string text = "a" + std::string(50, 'b') + "\u00e9\u00e9\u00e9";
  for (size_t most = 40; most < 70; ++most) {
    EXPECT_TRUE(IsUtf8(Show(Value::String(text), most))) << most;
    EXPECT_EQ(Cut(text, most), most >= text.size() ? text : text.substr(0, most > 50 ? most - (most - 51) % 2 : most));
  }
  EXPECT_EQ(Show(Value::Bytes("a\xff\x01\"")), R"(b"a\xff\x01\"")");
}

}  // namespace
}  // namespace smallbiznis::cel
