#include "pkg/cel/testing.h"

namespace smallbiznis::cel {
namespace {

using ::testing::HasSubstr;

const Variables kShop = {{"amount", "int"},
                         {"rate", "double"},
                         {"tier", "string"},
                         {"items", "list(map(string, dyn))"},
                         {"prices", "map(string, int)"},
                         {"at", "timestamp"},
                         {"note", "wrapper(string)"}};

TEST(Check, ExpressionsHaveTypes) {
  const std::pair<std::string, std::string> rows[] = {
      {"amount + 1", "int"},
      {"amount >= 1.5", "bool"},
      {"[amount, rate]", "list(dyn)"},
      {"[1, 2]", "list(int)"},
      {"[[], [1]]", "list(list(int))"},
      {"{'a': [1u]}", "map(string, list(uint))"},
      {"prices.map(k, k + '!')", "list(string)"},
      {"prices.transformMap(k, v, v > 1)", "map(string, bool)"},
      {"items.filter(i, i.qty > 1)", "list(map(string, dyn))"},
      {"items[0].qty", "dyn"},
      {"prices[?'a']", "optional_type(int)"},
      {"prices.?a.orValue(1)", "int"},
      {"cel.bind(x, amount, [x])", "list(int)"},
      {"at - duration('1h')", "google.protobuf.Timestamp"},
      {"type(amount)", "type(int)"},
      {"note == null ? '' : note", "wrapper(string)"},
      {"true ? [] : [1]", "list(int)"},
      {"tier.split(',')", "list(string)"},
  };
  for (const auto& [expression, type] : rows) EXPECT_EQ(TypeOf(expression, kShop), type) << expression;
}

TEST(Check, MistakesAreToldWithACaret) {
  EXPECT_EQ(TypeOf("amount >= 'many'", kShop),
            "ERROR: <input>:1:8: found no matching overload for '_>=_' applied to '(int, string)'\n"
            " | amount >= 'many'\n"
            " | .......^");
  const std::pair<std::string, std::string> rows[] = {
      {"amuont > 1", "undeclared reference to 'amuont'"},
      {"amount.x", "type 'int' does not support field selection"},
      {"tier.shout()", "undeclared reference to 'shout'"},
      {"tier.startsWith(1)", "applied to 'string.(int)'"},
      {"amount && true", "expected type 'bool' but found 'int'"},
      {"[1].all(x, x + 1)", "expected type 'bool' but found 'int'"},
      {"amount.all(x, true)", "cannot be range of a comprehension"},
      {"1 + 1.0", "found no matching overload for '_+_'"},
      {"true ? 1 : 'a'", "found no matching overload for '_?_:_'"},
      {"google.protobuf.Duration{hours: 1}", "undefined field 'hours'"},
      {"shop.Order{}", "undeclared reference to 'shop.Order'"},
  };
  for (const auto& [expression, error] : rows) EXPECT_THAT(TypeOf(expression, kShop), HasSubstr(error)) << expression;
}

TEST(Check, EveryMistakeIsTold) {
  const std::string errors = TypeOf("x + y", {});
  EXPECT_THAT(errors, HasSubstr("'x'"));
  EXPECT_THAT(errors, HasSubstr("'y'"));
}

TEST(Check, NamesAreLookedForFromTheContainerOutwards) {
  const auto env =
      Env::Create({.container = "shop.v1", .variables = {{"shop.v1.a", "int"}, {"a", "string"}, {"b.c", "bool"}}});
  ASSERT_TRUE(env.ok());
  EXPECT_EQ((*env)->Compile("a")->type().ToString(), "int");
  EXPECT_EQ((*env)->Compile(".a")->type().ToString(), "string");
  EXPECT_EQ((*env)->Compile("b.c")->type().ToString(), "bool");
  EXPECT_EQ((*env)->Compile("['x'].map(a, a)")->type().ToString(), "list(string)");
}

TEST(Check, SignaturesAreRead) {
  const std::string good[] = {"f() -> int", "string.f(list(T), map(string, T)) -> optional(T)", "a.b.f(dyn) -> bool"};
  for (const std::string& text : good) EXPECT_TRUE(ParseSignature(text).ok()) << text;
  for (const std::string text : {"", "f", "f(", "f() ->", "f(,) -> int", "f() -> int int", "f() -> list("}) {
    EXPECT_FALSE(ParseSignature(text).ok()) << text;
  }
  EXPECT_FALSE(Env::Create({.variables = {{"a", "list("}}}).ok());
  EXPECT_FALSE(Env::Create({.variables = {{"a", "int"}, {"a", "int"}}}).ok());
}

TEST(Types, HaveAsManyParametersAsTheyTakeAndEnd) {
  for (const char* text :
       {"list(int, int)", "map(int, int, int)", "wrapper(int, int)", "optional(int, int)", "int(int)"}) {
    EXPECT_FALSE(Type::Parse(text).ok()) << text;
  }
  const auto nested = [](size_t depth) {
    std::string text;
    for (size_t i = 0; i < depth; ++i) text += "list(";
    return Type::Parse(text + "int" + std::string(depth, ')')).ok();
  };
  EXPECT_TRUE(nested(31));
  EXPECT_FALSE(nested(32));
  EXPECT_FALSE(nested(1'000'000));  // of what a tenant may write down
}

}  // namespace
}  // namespace smallbiznis::cel
