#include "pkg/db/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include "pkg/db/param.h"

namespace smallbiznis::db {
namespace {

constexpr unsigned kBool = 16, kBytea = 17, kInt8 = 20, kInt4 = 23, kText = 25, kTimestamptz = 1184, kTextArray = 1009;

// An answer of one row with one column; null for NULL.
Rows OneValue(unsigned type, const char* text) {
  PGresult* const result = PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK);
  char name[] = "it";
  PGresAttDesc column = {name, 0, 0, 0, type, -1, -1};
  PQsetResultAttrs(result, 1, &column);
  std::string value = text ? text : "";
  PQsetvalue(result, 0, 0, text ? value.data() : nullptr, text ? static_cast<int>(value.size()) : -1);
  return Rows(result);
}

TEST(RowsTest, ReadsEveryType) {
  EXPECT_TRUE(OneValue(kBool, "t")[0].Bool(0));
  EXPECT_FALSE(OneValue(kBool, "f")[0].Bool(0));
  EXPECT_EQ(OneValue(kInt4, "-5")[0].Int32(0), -5);
  EXPECT_EQ(OneValue(kInt8, "9223372036854775807")[0].Int64(0), INT64_MAX);
  EXPECT_EQ(OneValue(kInt4, "5")[0].Int64(0), 5);
  EXPECT_EQ(OneValue(kText, "hello")[0].Text(0), "hello");
  EXPECT_EQ(OneValue(kBytea, "\\x00ff7a")[0].Bytes(0), std::string("\x00\xffz", 3));
  EXPECT_THAT(OneValue(kTextArray, R"({a,"b c"})")[0].TextArray(0), testing::ElementsAre("a", "b c"));
  EXPECT_TRUE(OneValue(kText, nullptr)[0].IsNull(0));
  EXPECT_EQ(OneValue(kInt8, nullptr)[0].OptionalInt64(0), std::nullopt);
  EXPECT_EQ(OneValue(kInt8, "1")[0].OptionalInt64(0), 1);
  EXPECT_EQ(OneValue(kTimestamptz, nullptr)[0].OptionalTime(0), std::nullopt);
}

TEST(RowsTest, ReadsTimesToTheMicrosecond) {
  const absl::Time noon = absl::FromCivil(absl::CivilSecond(2024, 5, 1, 12, 0, 7), absl::UTCTimeZone());
  const struct {
    const char* text;
    absl::Time want;
  } cases[] = {
      {"2024-05-01 12:00:07+00", noon},
      {"2024-05-01 12:00:07.5+00", noon + absl::Milliseconds(500)},
      {"2024-05-01 12:00:07.000001+00", noon + absl::Microseconds(1)},
      {"2024-05-01 12:00:07.12+00", noon + absl::Milliseconds(120)},
      {"0044-03-15 00:00:00+00 BC", absl::FromCivil(absl::CivilSecond(-43, 3, 15), absl::UTCTimeZone())},
      {"12345-01-01 00:00:00+00", absl::FromCivil(absl::CivilSecond(12345, 1, 1), absl::UTCTimeZone())},
      {"infinity", absl::InfiniteFuture()},
      {"-infinity", absl::InfinitePast()},
  };
  for (const auto& [text, want] : cases) {
    EXPECT_EQ(OneValue(kTimestamptz, text)[0].Time(0), want) << text;
    EXPECT_EQ(OneValue(kTimestamptz, Param(want).value()->c_str())[0].Time(0), want) << *Param(want).value();
  }
}

TEST(RowsTest, IteratesRowByRow) {
  const Rows rows = OneValue(kInt8, "3");
  int64_t sum = 0;
  for (const Row row : rows) sum += row.Int64(0);
  EXPECT_EQ(sum, 3);
  EXPECT_EQ(rows.size(), 1);
  EXPECT_FALSE(rows.empty());
}

TEST(RowsDeathTest, MisreadingAColumnStopsTheProgram) {
  EXPECT_DEATH(OneValue(kText, "1")[0].Int64(0), "column 0 \\(it\\).*read as a bigint");
  EXPECT_DEATH(OneValue(kInt8, "1")[0].Int32(0), "read as an integer");
  EXPECT_DEATH(OneValue(kInt8, "1")[0].Text(0), "read as text");
  EXPECT_DEATH(OneValue(kText, "t")[0].Bool(0), "read as a boolean");
  EXPECT_DEATH(OneValue(kInt8, nullptr)[0].Int64(0), "NULL read as a value");
  EXPECT_DEATH(OneValue(kText, nullptr)[0].Text(0), "NULL read as a value");
  EXPECT_DEATH(OneValue(kInt8, "1")[0].Int64(1), "does not exist");
  EXPECT_DEATH(OneValue(kTextArray, "{a,NULL}")[0].TextArray(0), "NULL in an array");
}

}  // namespace
}  // namespace smallbiznis::db
