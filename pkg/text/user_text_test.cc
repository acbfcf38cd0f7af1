#include "pkg/text/user_text.h"

#include <gtest/gtest.h>

namespace smallbiznis::text {
namespace {

constexpr UserTextRules kName{.min_characters = 1, .max_characters = 5};

std::string Repeat(std::string_view text, int times) {
  std::string repeated;
  while (times-- > 0) repeated += text;
  return repeated;
}

TEST(UserTextTest, AcceptsEveryScriptAndCountsCharactersNotBytes) {
  for (const char* text :
       {"a", "Kopi", "مقهى", "北京咖啡馆", "☕🔥☕🔥☕", "<b>", "' OR", "a b", " a ", "\xc2\xa0x", "\xef\xbf\xbd"}) {
    EXPECT_EQ(Problem(text, kName), std::nullopt) << text;
  }
  EXPECT_EQ(Problem(Repeat("🔥", 200), {1, 200}), std::nullopt);
  EXPECT_EQ(Problem("", {0, 5}), std::nullopt);
  EXPECT_EQ(Problem("  ", {0, 5}), std::nullopt);
}

TEST(UserTextTest, SaysWhatIsWrong) {
  using std::string_literals::operator""s;
  const struct {
    std::string text;
    std::string problem;
  } cases[] = {
      {"", "must have 1 to 5 characters"},
      {"abcdef", "must have 1 to 5 characters"},
      {Repeat("🔥", 6), "must have 1 to 5 characters"},
      {Repeat("a", 10'000), "must have 1 to 5 characters"},
      {"   ", "must not be blank"},
      {"\u3000\u200b\ufeff", "must not be blank"},
      {"a\nb", "must not contain control characters"},
      {"a\0b"s, "must not contain control characters"},
      {"a\x7f", "must not contain control characters"},
      {"a\u0085", "must not contain control characters"},
      {"\xff", "must be valid UTF-8"},
      {"a\xc3", "must be valid UTF-8"},             // cut off
      {"\xc0\x80", "must be valid UTF-8"},          // overlong NUL
      {"\xed\xa0\x80", "must be valid UTF-8"},      // a surrogate
      {"\xf4\x90\x80\x80", "must be valid UTF-8"},  // above U+10FFFF
  };
  for (const auto& c : cases) EXPECT_EQ(Problem(c.text, kName), c.problem) << testing::PrintToString(c.text);
  EXPECT_EQ(Problem("abcdef", {0, 5}), "must have at most 5 characters");
}

}  // namespace
}  // namespace smallbiznis::text
