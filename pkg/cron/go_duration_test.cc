#include "pkg/cron/go_duration.h"

#include <gtest/gtest.h>

#include <limits>

namespace smallbiznis::cron {
namespace {

TEST(GoDuration, Reads) {
  struct Row {
    std::string_view text;
    absl::Duration expected;
  };
  const Row rows[] = {
      {"0", absl::ZeroDuration()},
      {"-0", absl::ZeroDuration()},
      {"0s", absl::ZeroDuration()},
      {"1h30m", absl::Minutes(90)},
      {"1.5s", absl::Milliseconds(1500)},
      {"+5m", absl::Minutes(5)},
      {"-5m", absl::Minutes(-5)},
      {"30m1h", absl::Minutes(90)},
      {"1h1h", absl::Hours(2)},
      {".5h", absl::Minutes(30)},
      {"1.s", absl::Seconds(1)},
      {"100ms", absl::Milliseconds(100)},
      {"7us", absl::Microseconds(7)},
      {"7\u00b5s", absl::Microseconds(7)},
      {"7\u03bcs", absl::Microseconds(7)},
      {"3ns", absl::Nanoseconds(3)},
      {"1.9ns", absl::Nanoseconds(1)},
      {"1.1m", absl::Seconds(66)},
      {"0.33333333333333333333h", absl::Minutes(20)},
      {"9223372036854775807ns", absl::Nanoseconds(std::numeric_limits<int64_t>::max())},
      {"-9223372036854775808ns", absl::Nanoseconds(std::numeric_limits<int64_t>::min())},
      {"2562047h47m16.854775807s", absl::Nanoseconds(std::numeric_limits<int64_t>::max())},
  };
  for (const Row& row : rows) EXPECT_EQ(ParseGoDuration(row.text), row.expected) << row.text;
}

TEST(GoDuration, Refuses) {
  const std::string_view rows[] = {
      "",
      "-",
      "+",
      ".",
      "5",
      "00",
      "s",
      ".s",
      "1.",
      "1h30",
      "1 h",
      " 1h",
      "1h ",
      "1d",
      "1H",
      "inf",
      "--1s",
      "1e3s",
      "0x1s",
      "1h-5m",
      "1,5s",
      "1..5s",
      "1.5.5s",
      "-.",
      "1\xc2s",
      "9223372036854775808ns",                       // 2^63
      "2562048h",                                    // in hours
      "2562047h47m16.854775808s",                    // in a sum
      "-9223372036854775809ns",                      // on the other side
      "9223372036854775808ns9223372036854775808ns",  // whose sum is 2^64
      "99999999999999999999s",
  };
  for (const std::string_view text : rows) EXPECT_EQ(ParseGoDuration(text), std::nullopt) << text;
}

}  // namespace
}  // namespace smallbiznis::cron
