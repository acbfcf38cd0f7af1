#include "cmd/sbctl/text.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cmd/sbctl/progress.h"
#include "cmd/sbctl/table.h"

namespace smallbiznis::sbctl {
namespace {

TEST(TextTest, NothingFromOutsideSteersTheTerminal) {
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(Safe("Ä plain text"), "Ä plain text");
  EXPECT_EQ(Safe("a\x1b[31mb\nc\x7f"), "a" + bad + "[31mb" + bad + "c" + bad);
  EXPECT_EQ(Safe("a\xc2\x9b"
                 "31m\xc2\xa0"),
            "a" + bad + "31m\xc2\xa0")
      << "C1, and a blank that is none";
  EXPECT_EQ(Safe("\xff\xc2"), bad + bad);
  EXPECT_EQ(PayloadText("{\"id\": 1}"), "{\"id\": 1}");
  EXPECT_EQ(PayloadText(std::string("\0\xff", 2)), "2 bytes that are not text (--json shows them)");
}

TEST(TextTest, Sizes) {
  const std::pair<int64_t, const char*> rows[] = {
      {0, "0 B"}, {1023, "1023 B"}, {1536, "1.5 KiB"}, {20 << 20, "20 MiB"}, {int64_t{5} << 40, "5.0 TiB"}};
  for (const auto& [bytes, text] : rows) EXPECT_EQ(BytesText(bytes), text);
}

TEST(TextTest, Durations) {
  const std::pair<absl::Duration, const char*> rows[] = {
      {absl::ZeroDuration(), "0s"}, {absl::Milliseconds(850), "850ms"},
      {absl::Seconds(59), "59s"},   {absl::Seconds(125), "2m5s"},
      {absl::Hours(3), "3h"},       {absl::Hours(3) + absl::Seconds(9), "3h"},
      {absl::Hours(100), "4d4h"},   {-absl::Seconds(3), "0s"},
      {absl::Minutes(90), "1h30m"},
  };
  for (const auto& [duration, text] : rows) EXPECT_EQ(DurationText(duration), text);
  EXPECT_EQ(TimeText(absl::FromUnixSeconds(1738324800)), "2025-01-31 12:00:00Z");
}

TEST(TableTest, ColumnsAreAsWideAsTheirLongestCell) {
  Table table({{"NAME"}, {"SIZE", Align::kRight}, {"NOTE"}});
  std::ostringstream empty;
  table.Print(empty);
  EXPECT_EQ(empty.str(), "");
  table.AddRow({"äöü", "7", ""});
  table.AddRow({"default", "12345", "x"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(),
            "NAME      SIZE  NOTE\n"
            "äöü          7\n"
            "default  12345  x\n");
}

TEST(ProgressTest, ALineForEachTenthWhereThereIsNoTerminal) {
  std::ostringstream out;
  Progress progress(out, {.what = "deleting", .total = 40, .terminal = false});
  for (const int64_t done : {1, 4, 5, 30, 31, 40}) progress.Update(done);
  progress.End();
  EXPECT_EQ(out.str(),
            "deleting: 10 % (4 of 40)\n"
            "deleting: 75 % (30 of 40)\n"
            "deleting: 100 % (40 of 40)\n")
      << "and none twice";
}

TEST(ProgressTest, ABarOnATerminal) {
  std::ostringstream out;
  Progress progress(out, {.what = "running", .total = 10, .terminal = true});
  progress.Update(5);
  progress.Update(10);
  progress.End();
  EXPECT_EQ(out.str(),
            "\rrunning [###############...............]  50 %  5 of 10"
            "\rrunning [##############################] 100 %  10 of 10\n");
}

TEST(ProgressTest, NothingToDoShowsNothing) {
  std::ostringstream out;
  Progress progress(out, {.what = "running", .total = 0, .terminal = true});
  progress.Update(0);
  progress.End();
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace smallbiznis::sbctl
