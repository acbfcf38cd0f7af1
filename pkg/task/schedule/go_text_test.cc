#include "pkg/task/schedule/go_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace smallbiznis::task {
namespace {

TEST(GoDuration, PrintsAsGoDoes) {
  struct Row {
    absl::Duration duration;
    std::string_view text;
  };
  const Row rows[] = {
      {absl::ZeroDuration(), "0s"},
      {absl::Nanoseconds(1), "1ns"},
      {absl::Nanoseconds(999), "999ns"},
      {absl::Nanoseconds(1100), "1.1\u00b5s"},
      {absl::Microseconds(2), "2\u00b5s"},
      {absl::Microseconds(2200), "2.2ms"},
      {absl::Nanoseconds(1000001), "1.000001ms"},
      {absl::Milliseconds(250), "250ms"},
      {absl::Seconds(1), "1s"},
      {absl::Milliseconds(3300), "3.3s"},
      {absl::Seconds(60), "1m0s"},
      {absl::Minutes(4) + absl::Milliseconds(5001), "4m5.001s"},
      {absl::Hours(1), "1h0m0s"},
      {absl::Hours(5) + absl::Minutes(6) + absl::Milliseconds(7001), "5h6m7.001s"},
      {absl::Hours(24 * 90), "2160h0m0s"},
      {-absl::Minutes(90), "-1h30m0s"},
      {absl::Nanoseconds(std::numeric_limits<int64_t>::max()), "2562047h47m16.854775807s"},
      {absl::Nanoseconds(std::numeric_limits<int64_t>::min()), "-2562047h47m16.854775808s"},
      {absl::InfiniteDuration(), "2562047h47m16.854775807s"},
  };
  for (const Row& row : rows) EXPECT_EQ(GoDuration(row.duration), row.text);
}

TEST(GoQuote, MakesAStringLiteral) {
  struct Row {
    std::string_view text;
    std::string_view quoted;
  };
  const Row rows[] = {
      {"", R"("")"},
      {"low", R"("low")"},
      {"it's", R"("it's")"},
      {"a\"b\\c", R"("a\"b\\c")"},
      {"\a\b\f\n\r\t\v", R"("\a\b\f\n\r\t\v")"},
      {std::string_view("\0\x1b\x7f", 3), R"("\x00\x1b\x7f")"},
      {"caf\u00e9", R"("caf\u00e9")"},
      {"\u4e2d\uffff", R"("\u4e2d\uffff")"},
      {"\U0001f600!", R"("\U0001f600!")"},
      {"a\xff\xe4\xb8z", R"("a\xff\xe4\xb8z")"},
  };
  for (const Row& row : rows) EXPECT_EQ(GoQuote(row.text), row.quoted);
}

TEST(GoUnixDate, IsInUtc) {
  EXPECT_EQ(GoUnixDate(absl::FromUnixSeconds(1136214245)), "Mon Jan  2 15:04:05 UTC 2006");
  EXPECT_EQ(GoUnixDate(absl::FromUnixSeconds(1700000000)), "Tue Nov 14 22:13:20 UTC 2023");
}

}  // namespace
}  // namespace smallbiznis::task
