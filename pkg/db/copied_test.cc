#include "pkg/db/copied.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smallbiznis::db {
namespace {

using testing::ElementsAre;
using namespace std::string_literals;

TEST(CopiedTest, ReadsRowsBehindEachOther) {
  const std::string rows =
      "\0\4\0\0\0\x8\x80\0\0\0\0\0\0\1\0\0\0\2\xff\xfe\0\0\0\2hi\xff\xff\xff\xff"s
      "\0\1\0\0\0\0"s;
  Copied copied(rows);
  ASSERT_TRUE(copied.Next());
  EXPECT_EQ(copied.columns(), 4);
  EXPECT_EQ(copied.Int64(0), std::numeric_limits<int64_t>::min() + 1);
  EXPECT_EQ(copied.Int32(1), -2);
  EXPECT_EQ(copied.Text(2), "hi");
  EXPECT_TRUE(copied.IsNull(3));
  EXPECT_EQ(copied.OptionalInt64(3), std::nullopt);
  ASSERT_TRUE(copied.Next());
  EXPECT_FALSE(copied.IsNull(0));
  EXPECT_EQ(copied.Text(0), "");
  EXPECT_FALSE(copied.Next());
}

TEST(CopiedTest, ReadsTimes) {
  const std::string rows =
      "\0\4\0\0\0\x8\0\0\0\0\0\0\0\1\0\0\0\x8\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\x8\x80\0\0\0\0\0\0\0\xff\xff\xff\xff"s;
  Copied copied(rows);
  ASSERT_TRUE(copied.Next());
  EXPECT_EQ(copied.Time(0),
            absl::FromCivil(absl::CivilSecond(2000, 1, 1), absl::UTCTimeZone()) + absl::Microseconds(1));
  EXPECT_EQ(copied.Time(1), absl::InfiniteFuture());
  EXPECT_EQ(copied.Time(2), absl::InfinitePast());
  EXPECT_EQ(copied.OptionalTime(3), std::nullopt);
}

TEST(CopiedTest, ReadsArraysWithNulls) {
  const std::string array = "\0\0\0\1\0\0\0\1\0\0\0\x14\0\0\0\2\0\0\0\1\0\0\0\x8\0\0\0\0\0\0\0\7\xff\xff\xff\xff"s;
  const std::string none = "\0\0\0\0\0\0\0\0\0\0\0\x14"s;
  const std::string rows = "\0\2\0\0\0\x24"s + array + "\0\0\0\x0c"s + none;
  Copied copied(rows);
  ASSERT_TRUE(copied.Next());
  EXPECT_THAT(copied.Int64Array(0), ElementsAre(7, 0));
  EXPECT_THAT(copied.Int64Array(1), ElementsAre());
}

TEST(CopiedDeathTest, StopsWhereAValueIsMisread) {
  const std::string rows = "\0\2\xff\xff\xff\xff\0\0\0\2hi"s;
  Copied copied(rows);
  ASSERT_TRUE(copied.Next());
  EXPECT_DEATH(copied.Int64(0), "NULL read as a value");
  EXPECT_DEATH(copied.Int64(1), "end in the middle");
  Copied cut(std::string_view(rows).substr(0, rows.size() - 1));
  EXPECT_DEATH(cut.Next(), "longer than its row");
}

}  // namespace
}  // namespace smallbiznis::db
