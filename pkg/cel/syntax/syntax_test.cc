#include "pkg/cel/syntax/lexer.h"
#include "pkg/cel/testing.h"

namespace smallbiznis::cel {
namespace {

using ::testing::HasSubstr;

std::string Repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Syntax, LiteralsSayWhatTheySay) {
  const std::pair<std::string, std::string> rows[] = {
      {"0x1F", "31"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"18446744073709551615u", "18446744073709551615u"},
      {".5", "0.5"},
      {"1e3", "1000.0"},
      {"1.0", "1.0"},
      {R"('a\n\x41\u00e9\101')", "\"a\\nAéA\""},
      {R"(r'a\n')", R"("a\\n")"},
      {R"(b'\377' == b'\xff')", "true"},
      {"'''a\n'b'''", "\"a\\n'b\""},
      {R"("""a"b""")", R"("a\"b")"},
      {"[1, 2,]", "[1, 2]"},
      {"{'a': 1,}.a", "1"},
      {"{'a-b': 1}.`a-b`", "1"},
      {"1 // one\n + 1", "2"},
  };
  for (const auto& [expression, value] : rows) EXPECT_EQ(Eval(expression), value) << expression;
}

TEST(Syntax, PrecedenceIsTheLanguages) {
  const std::pair<std::string, std::string> rows[] = {
      {"1 + 2 * 3", "7"},
      {"-2 * 3 - -4", "-2"},
      {"!true || true", "true"},
      {"!!true", "true"},
      {"true || false && false", "true"},
      {"1 < 2 == true", "true"},
      {"false ? 1 : true ? 2 : 3", "2"},
      {"[1, 2][1] + {'a': 2}.a", "4"},
      {"2 in [1, 2] ? 'in' : 'out'", "\"in\""},
  };
  for (const auto& [expression, value] : rows) EXPECT_EQ(Eval(expression), value) << expression;
}

TEST(Syntax, ErrorsPointAtTheirPlace) {
  EXPECT_EQ(Eval("1 +\n  é )"), "ERROR: <input>:2:3: Syntax error: token recognition error at: 'é'\n |   é )\n | ..^");
  EXPECT_EQ(Eval("'é' + )"), "ERROR: <input>:1:7: Syntax error: unexpected ')'\n | 'é' + )\n | ......^");
  EXPECT_THAT(Eval(""), HasSubstr("unexpected end of the expression"));
  EXPECT_THAT(Eval("'abc"), HasSubstr("the literal is not terminated"));
  EXPECT_THAT(Eval("'\\q'"), HasSubstr("invalid escape sequence"));
  EXPECT_THAT(Eval("9223372036854775808"), HasSubstr("invalid int literal"));
  EXPECT_THAT(Eval("while"), HasSubstr("reserved identifier: while"));
  EXPECT_THAT(Eval("[1].all(1, true)"), HasSubstr("argument must be a simple name"));
  EXPECT_THAT(Eval("has(1)"), HasSubstr("invalid argument to has() macro"));
  EXPECT_THAT(Eval("\xff"), HasSubstr("not UTF-8"));
}

// Also where the text is not, or is cut in the middle of a letter.
TEST(Syntax, ErrorsAreUtf8) {
  const std::string long_text = "a" + Repeat("é", 400);
  for (const std::string& expression :
       {std::string("a\x94 b"), std::string("1 + // \x94\n'a'"), std::string("1 '\xff'"), "{}['" + long_text + "']",
        "int('" + long_text + "')", Repeat("é", 300), "'" + long_text + "' + 1", "[" + long_text + "]"}) {
    EXPECT_TRUE(IsUtf8(Eval(expression, false))) << expression;
  }
  EXPECT_THAT(Eval("a\x94"), HasSubstr("not UTF-8\n | a\uFFFD\n"));
}

TEST(Syntax, BlocksAreWrittenDownOnlyWhereTheyAreAllowed) {
  EnvOptions options;
  options.parse.block_macros = true;
  const auto env = *Env::Create(options);
  Arena arena;
  const auto program = env->Compile("cel.block([[1, 2], cel.index(0).size()], cel.index(1) + cel.index(1))");
  ASSERT_TRUE(program.ok()) << program.status();
  EXPECT_EQ(Outcome(program->Evaluate(Activation(*env), arena, {})), "4");
  for (const std::string wrong : {"cel.block()", "cel.block(1, 2)", "cel.index('a')", "cel.index(-1)"}) {
    EXPECT_FALSE(env->Compile(wrong).ok()) << wrong;
  }
  // A variable of a block is no name of an extension, which text could not say.
  EXPECT_THAT(std::string(env->CompileUnchecked("proto.getExt(1, cel.iterVar(0, 0))").status().message()),
              HasSubstr("invalid extension field"));
  EXPECT_THAT(Eval("cel.index(0)"), HasSubstr("undeclared reference to 'cel'"));
}

TEST(Syntax, NestingAndSizeAreLimited) {
  EXPECT_EQ(Eval(Repeat("(", 200) + "1" + Repeat(")", 200)), "1");
  for (const std::string open : {"(", "[", "{1:", "f(", "a.all(x,", "true?1:"}) {
    EXPECT_THAT(Eval(Repeat(open, 5000)), HasSubstr("recursion limit exceeded: 250")) << open;
  }
  EXPECT_THAT(Eval("1" + Repeat(" + 1", 5000)), HasSubstr("nested more than 1000 deep"));
  EXPECT_THAT(Eval("a" + Repeat(".b", 5000)), HasSubstr("nested more than 1000 deep"));
  EXPECT_EQ(Eval("true" + Repeat(" && true", 5000)), "true");
  EXPECT_EQ(Eval(Repeat("!", 5000) + "true"), "true");
  EXPECT_THAT(Eval("'" + std::string(200'000, 'x') + "'"), HasSubstr("more than 100000"));
}

}  // namespace
}  // namespace smallbiznis::cel
