#include "pkg/task/schedule/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smallbiznis::task {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

absl::Time At(std::string_view text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%E*S", std::string(text), &time, &error)) << error;
  return time;
}

Ticks Of(std::string_view spec) {
  return *Ticks::Parse(spec, absl::UTCTimeZone());
}

// A plan with one entry, "e", registered at noon.
Plan Noon(std::string_view spec, CatchUp catch_up) {
  Plan plan(catch_up);
  EXPECT_TRUE(plan.Add("e", {.spec = std::string(spec), .task = {.type = "t"}, .options = {}}, Of(spec),
                       At("2026-03-02 12:00:00.7")));
  return plan;
}

std::vector<std::string> DueAt(const Plan& plan, std::string_view now) {
  std::vector<std::string> due;
  for (const Plan::DueTick& tick : plan.Due(At(now))) {
    due.push_back(absl::FormatTime("%H:%M:%S", tick.at, absl::UTCTimeZone()));
  }
  return due;
}

TEST(Ticks, OfEveryAreTheSameWhoeverAsks) {
  const Ticks every = Of("TZ=Asia/Tokyo @every 7s");
  const absl::Time first = *every.Next(At("2026-03-02 12:00:00"));
  for (int ms = 0; ms < 7000; ms += 100) {
    EXPECT_EQ(every.Next(first - absl::Milliseconds(7000 - ms)), first) << ms;
  }
  EXPECT_EQ(every.Next(first), first + absl::Seconds(7));
  EXPECT_EQ(absl::ToUnixSeconds(first) % 7, 0);
  EXPECT_TRUE(every.Has(first));
  EXPECT_FALSE(every.Has(first + absl::Seconds(1)));
  EXPECT_EQ(Of("@every 1h").Next(At("2026-03-02 12:34:56")), At("2026-03-02 13:00:00"));
}

TEST(Ticks, OfACalendarAreInItsZone) {
  const absl::TimeZone berlin = absl::FixedTimeZone(3600);
  EXPECT_EQ(Ticks::Parse("0 6 * * *", berlin)->Next(At("2026-03-02 12:00:00")), At("2026-03-03 05:00:00"));
  // The night to summer time: the same wall clock time, an hour earlier.
  const Ticks zoned = Of("TZ=Europe/Berlin 0 6 * * *");
  EXPECT_EQ(zoned.Next(At("2026-03-28 00:00:00")), At("2026-03-28 05:00:00"));
  EXPECT_EQ(zoned.Next(At("2026-03-28 12:00:00")), At("2026-03-29 04:00:00"));
  EXPECT_FALSE(Of("0 0 30 2 *").Next(At("2026-03-28 12:00:00")).has_value());
  EXPECT_FALSE(Ticks::Parse("@every", absl::UTCTimeZone()).ok());
}

TEST(Plan, WhatIsDue) {
  struct Row {
    const char* what;
    const char* mark;  // as it is kept in Redis; null: none
    const char* now;
    CatchUp catch_up;
    std::vector<std::string> due;
  };
  const absl::Duration five = absl::Minutes(5);
  const Row rows[] = {
      {"nothing yet", nullptr, "2026-03-02 12:00:59.9", {five, true}, {}},
      {"nothing from before it was registered", nullptr, "2026-03-02 12:00:00.9", {five, true}, {}},
      {"one", nullptr, "2026-03-02 12:01:00", {five, true}, {"12:01:00"}},
      {"the latest of some", nullptr, "2026-03-02 12:04:10", {five, false}, {"12:04:00"}},
      {"all of some", nullptr, "2026-03-02 12:03:10", {five, true}, {"12:01:00", "12:02:00", "12:03:00"}},
      {"none that is too old", nullptr, "2026-03-02 12:09:10", {absl::Minutes(2), true}, {"12:08:00", "12:09:00"}},
      {"none at all then", nullptr, "2026-03-02 12:09:10", {absl::Seconds(9), true}, {}},
      {"from before this process",
       "2026-03-02 11:58:00",
       "2026-03-02 12:00:10",
       {five, true},
       {"11:59:00", "12:00:00"}},
      {"another one did it", "2026-03-02 12:01:00", "2026-03-02 12:01:30", {five, true}, {}},
  };
  for (const Row& row : rows) {
    Plan plan = Noon("* * * * *", row.catch_up);
    if (row.mark != nullptr) plan.Learn({{"e", At(row.mark)}, {"unknown", At(row.mark)}});
    EXPECT_EQ(DueAt(plan, row.now), row.due) << row.what;
  }
}

TEST(Plan, ATickIsDueUntilItIsSeenToAndNeverAgain) {
  Plan plan = Noon("* * * * *", {});
  EXPECT_THAT(DueAt(plan, "2026-03-02 12:01:00"), ElementsAre("12:01:00"));
  EXPECT_THAT(DueAt(plan, "2026-03-02 12:01:05"), ElementsAre("12:01:00"));
  plan.SeenTo("e", At("2026-03-02 12:01:00"));
  EXPECT_THAT(DueAt(plan, "2026-03-02 12:01:05"), IsEmpty());
  EXPECT_THAT(DueAt(plan, "2026-03-02 11:00:00"), IsEmpty()) << "the clock was set back";
  plan.Learn({{"e", At("2026-03-02 11:50:00")}});
  EXPECT_THAT(DueAt(plan, "2026-03-02 12:01:05"), IsEmpty()) << "an older mark is no news";
  EXPECT_THAT(DueAt(plan, "2026-03-02 12:02:00"), ElementsAre("12:02:00"));
  plan.SeenTo("gone", At("2026-03-02 12:01:00"));
}

TEST(Plan, NextAfterIsTheEarliest) {
  Plan plan = Noon("0 * * * *", {});
  EXPECT_EQ(plan.NextAfter(At("2026-03-02 12:10:00")), At("2026-03-02 13:00:00"));
  ASSERT_TRUE(
      plan.Add("f", {.spec = "30 * * * *", .task = {}, .options = {}}, Of("30 * * * *"), At("2026-03-02 12:00:00")));
  EXPECT_EQ(plan.NextAfter(At("2026-03-02 12:10:00")), At("2026-03-02 12:30:00"));
  EXPECT_TRUE(plan.Remove("f"));
  EXPECT_FALSE(plan.Remove("f"));
  EXPECT_EQ(plan.NextAfter(At("2026-03-02 12:10:00")), At("2026-03-02 13:00:00"));
  EXPECT_FALSE(plan.Add("e", {}, Of("@hourly"), At("2026-03-02 12:00:00")));
  EXPECT_EQ(Plan({}).NextAfter(At("2026-03-02 12:10:00")), std::nullopt);
}

TEST(Plan, MarksAreToBeKeptWhenTheyAreNew) {
  Plan plan = Noon("* * * * *", {});
  const absl::Time noon = At("2026-03-02 12:00:00"), tick = At("2026-03-02 12:01:00");
  EXPECT_EQ(plan.NotKept(), (Plan::Marks{{"e", noon}}));
  plan.Kept({{"e", noon}});
  EXPECT_EQ(plan.NotKept(), Plan::Marks());
  plan.SeenTo("e", tick);
  EXPECT_EQ(plan.NotKept(), (Plan::Marks{{"e", tick}}));
  plan.Learn({{"e", tick}});
  EXPECT_EQ(plan.NotKept(), Plan::Marks());
  plan.Learn({});
  EXPECT_EQ(plan.NotKept(), (Plan::Marks{{"e", tick}})) << "Redis has forgotten everything";
}

TEST(Plan, ShowsWhenEntriesTick) {
  Plan plan = Noon("* * * * *", {});
  const absl::Time now = At("2026-03-02 12:05:10");
  ASSERT_EQ(plan.Show(now).size(), 1U);
  EXPECT_EQ(plan.Show(now)[0].id, "e");
  EXPECT_EQ(plan.Show(now)[0].next_at, At("2026-03-02 12:06:00"));
  EXPECT_EQ(plan.Show(now)[0].previous_at, std::nullopt);
  plan.Learn({{"e", At("2026-03-02 12:00:13")}});
  EXPECT_EQ(plan.Show(now)[0].previous_at, std::nullopt) << "when another one registered it";
  plan.SeenTo("e", At("2026-03-02 12:05:00"));
  EXPECT_EQ(plan.Show(now)[0].previous_at, At("2026-03-02 12:05:00"));
}

}  // namespace
}  // namespace smallbiznis::task
