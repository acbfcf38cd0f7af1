#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "pkg/cron/cron.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::cron {
namespace {

std::string Message(std::string_view spec) {
  const absl::StatusOr<Schedule> schedule = Parse(spec);
  if (schedule.ok()) return "accepted";
  EXPECT_EQ(schedule.status().code(), absl::StatusCode::kInvalidArgument) << spec;
  EXPECT_EQ(status::Reason(schedule.status()), "CRON_SPEC_INVALID") << spec;
  return std::string(text::ToStd(schedule.status().message()));
}

TEST(Parse, Accepts) {
  const std::string_view specs[] = {
      "* * * * *",
      "? ? ? ? ?",
      "0 0 1 1 0",
      "59 23 31 12 6",
      "0,15,30,45 8-18 1-7,15-21/2 */3 MON-FRI",
      "5/10 * * jan,Feb,DEC sun,Sat",
      "*/9223372036854775807 0 * * *",
      "+5 007 * * *",
      "  0\t0 \n * * *  ",
      "1,,2, 0 * * *",
      ", * * * *",      // fires never
      "*-9 * * * *",    // the same as `*`
      "*-x/2 * * * *",  // the same as `*/2`
      "@yearly",
      "@annually",
      "@monthly",
      "@weekly",
      "@daily",
      "@midnight",
      "@hourly",
      "@every 1h30m",
      "@every -1s",
      "TZ=Europe/Berlin 0 6 * * *",
      "CRON_TZ=Asia/Jakarta 0 6 * * *",
      "TZ=UTC @every 5m",
      "TZ=UTC \t @daily \t",
      "TZ= 0 6 * * *",
      "TZ=Local 0 6 * * *",
  };
  for (const std::string_view spec : specs) {
    const absl::StatusOr<Schedule> schedule = Parse(spec);
    ASSERT_TRUE(schedule.ok()) << spec << ": " << schedule.status();
    EXPECT_EQ(schedule->spec(), spec);
  }
}

TEST(Parse, RefusesAndNamesThePart) {
  struct Row {
    std::string_view spec;
    std::string_view message;
  };
  const Row rows[] = {
      {"", "spec: is empty"},
      {"* * * *", "spec: has 4 fields where minute, hour, day of month, month, day of week are asked for"},
      {"daily", "spec: has 1 field where minute, hour, day of month, month, day of week are asked for"},
      {"0 * * * * *", "spec: has 6 fields where minute, hour, day of month, month, day of week are asked for"},
      {"60 * * * *", "minute: 60 is above 59"},
      {"* 24 * * *", "hour: 24 is above 23"},
      {"* * 0 * *", "day of month: 0 is below 1"},
      {"* * 32 * *", "day of month: 32 is above 31"},
      {"* * * 0 *", "month: 0 is below 1"},
      {"* * * 13 *", "month: 13 is above 12"},
      {"* * * * 7", "day of week: 7 is above 6"},
      {"* * * * 5-7", "day of week: 7 is above 6"},
      {"* 5-2 * * *", "hour: \"5-2\" runs backwards"},
      {"* * * * fri-mon", "day of week: \"fri-mon\" runs backwards"},
      {"1-2-3 * * * *", "minute: \"1-2-3\" has more than one hyphen"},
      {"1/2/3 * * * *", "minute: \"1/2/3\" has more than one slash"},
      {"*/0 * * * *", "minute: the step of \"*/0\" is no number above 0"},
      {"*/-1 * * * *", "minute: the step of \"*/-1\" is no number above 0"},
      {"*/x * * * *", "minute: the step of \"*/x\" is no number above 0"},
      {"*/ * * * *", "minute: the step of \"*/\" is no number above 0"},
      {"*/9223372036854775808 * * * *", "minute: the step of \"*/9223372036854775808\" is no number above 0"},
      {"-5 * * * *", "minute: \"\" is no number"},
      {"5- * * * *", "minute: \"\" is no number"},
      {"+ * * * *", "minute: \"+\" is no number"},
      {"jan * * * *", "minute: \"jan\" is no number"},
      {"1_0 * * * *", "minute: \"1_0\" is no number"},
      {"0x1 * * * *", "minute: \"0x1\" is no number"},
      {"** * * * *", "minute: \"**\" is no number"},
      {"* * * january *", "month: \"january\" is no number and no name"},
      {"* * * sun *", "month: \"sun\" is no number and no name"},
      {"* * L * *", "day of month: \"L\" is no number"},
      {"* * * * fri#2", "day of week: \"fri#2\" is no number and no name"},
      {"\xff * * * *", R"(minute: "\xff" is no number)"},
      {"@Daily",
       "spec: \"@Daily\" is none of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @every "
       "<duration>"},
      {" @daily", "spec: has 1 field where minute, hour, day of month, month, day of week are asked for"},
      {"@every 5", "@every: \"5\" is no duration such as 1h30m"},
      {"@every  5s", "@every: \" 5s\" is no duration such as 1h30m"},
      {"TZ=Mars/Base 0 6 * * *", "time zone: \"Mars/Base\" is not in the time zone database"},
      {"TZ=Mars/Base @every 5m", "time zone: \"Mars/Base\" is not in the time zone database"},
      {"TZ=UTC", "time zone: no space and no schedule after it"},
      {"CRON_TZ=UTC\t* * * * *", R"(time zone: "UTC\t*" is not in the time zone database)"},
      {"TZ=UTC TZ=UTC 0 6 * * *",
       "spec: has 6 fields where minute, hour, day of month, month, day of week are asked for"},
      {"tz=UTC 0 6 * * *", "spec: has 6 fields where minute, hour, day of month, month, day of week are asked for"},
  };
  for (const Row& row : rows) EXPECT_EQ(Message(row.spec), row.message) << row.spec;
}

// Some of these Abseil would load.
TEST(Parse, RefusesZonesThatAreNoNamesOfTheDatabase) {
  for (const std::string_view zone :
       {"localtime", "UTC0", "Fixed/UTC+05:00:00", "/usr/share/zoneinfo/Europe/Berlin", "../zoneinfo/Europe/Berlin",
        "file:Europe/Berlin", "libc:localtime", "Europe", "europe/berlin", "tzdata.zi", "Europe/Berlin/"}) {
    const std::string spec = fmt::format("TZ={} 0 6 * * *", zone);
    EXPECT_EQ(Message(spec), fmt::format("time zone: \"{}\" is not in the time zone database", zone));
  }
}

TEST(Parse, BoundsTheSpecAndTheMessage) {
  const std::string padding(kMaxSpecBytes - 9, ' ');
  EXPECT_EQ(Message("0 6 * * *" + padding), "accepted");
  EXPECT_EQ(Message("0 6 * * * " + padding), "spec: has 1025 bytes, more than 1024");
  EXPECT_EQ(Message(std::string(900, 'x') + " * * * *"),
            fmt::format("minute: \"{}...\" is no number", std::string(40, 'x')));
}

}  // namespace
}  // namespace smallbiznis::cron
