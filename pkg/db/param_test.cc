#include "pkg/db/param.h"

#include <gtest/gtest.h>

#include "pkg/db/array.h"

namespace smallbiznis::db {
namespace {

using std::string_literals::operator""s;

absl::Time Utc(int64_t year, int month, int day, int64_t microseconds = 0) {
  return absl::FromCivil(absl::CivilSecond(year, month, day), absl::UTCTimeZone()) + absl::Microseconds(microseconds);
}

TEST(ParamTest, IsInPostgresTextFormat) {
  const struct {
    Param param;
    std::string want;
  } cases[] = {
      {true, "t"},
      {false, "f"},
      {int32_t{-7}, "-7"},
      {int64_t{INT64_MAX}, "9223372036854775807"},
      {int64_t{INT64_MIN}, "-9223372036854775808"},
      {"text", "text"},
      {"", ""},
      {std::string_view("view"), "view"},
      {"with \0 NUL"s, "with \0 NUL"s},
      {TenantId(42), "42"},
      {std::optional<TenantId>(42), "42"},
      {std::optional<std::string>("x"), "x"},
      {Bytes{"\x00\x7f\xff'"s}, "\\x007fff27"},
      {Bytes{""}, "\\x"},
      {Utc(2024, 5, 1, 36000000001), "2024-05-01 10:00:00.000001+00"},
      {Utc(2024, 5, 1) + absl::Nanoseconds(999), "2024-05-01 00:00:00.000000+00"},
      {Utc(1969, 12, 31, 1), "1969-12-31 00:00:00.000001+00"},
      {Utc(-43, 3, 15), "0044-03-15 00:00:00.000000+00 BC"},
      {Utc(12345, 1, 1), "12345-01-01 00:00:00.000000+00"},
      {absl::InfiniteFuture(), "infinity"},
      {absl::InfinitePast(), "-infinity"},
      {std::vector<int64_t>{}, "{}"},
      {std::vector<int64_t>{1, -2}, "{1,-2}"},
      {std::vector<std::string>{}, "{}"},
      {std::vector<std::string>{"a", "", "NULL", "q\"b\\s", "x,{y}"}, R"({"a","","NULL","q\"b\\s","x,{y}"})"},
      {std::vector<Bytes>{{"\x01"}, {""}}, R"({"\\x01","\\x"})"},
  };
  for (const auto& [param, want] : cases) {
    ASSERT_TRUE(param.text()) << want;
    EXPECT_EQ(*param.text(), want);
  }
}

TEST(ParamTest, NoValueIsNull) {
  EXPECT_FALSE(Param(std::nullopt).text());
  EXPECT_FALSE(Param(std::optional<int64_t>()).text());
  EXPECT_FALSE(Param(std::optional<absl::Time>()).text());
}

TEST(ArrayTest, DecodesWhatPostgresWrites) {
  using Elements = std::vector<std::optional<std::string>>;
  const struct {
    const char* text;
    std::optional<Elements> want;
  } cases[] = {
      {"{}", Elements{}},
      {"{a}", Elements{"a"}},
      {"{a,b c}", Elements{"a", "b c"}},
      {R"({"a,b","q\"\\",""})", Elements{"a,b", "q\"\\", ""}},
      {R"({NULL,"NULL",null})", Elements{std::nullopt, "NULL", "null"}},
      {R"({ünïcödé,"😀 x"})", Elements{"ünïcödé", "😀 x"}},
      {"", std::nullopt},
      {"{", std::nullopt},
      {"{a", std::nullopt},
      {"{a,}", std::nullopt},
      {"{,a}", std::nullopt},
      {"{\"a}", std::nullopt},
      {"{\"a\\", std::nullopt},
      {"{a}x", std::nullopt},
      {"{{a},{b}}", std::nullopt},
      {"[2:3]={a,b}", std::nullopt},
  };
  for (const auto& [text, want] : cases) EXPECT_EQ(DecodeArray(text), want) << text;
}

TEST(ArrayTest, DecodesWhatItEncodes) {
  const std::vector<std::string> values = {"", "NULL", "\"", "\\", "a,b", "{}", " ", "\n", "é"};
  const auto decoded = DecodeArray(EncodeArray(values));
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ((*decoded)[i], values[i]);
}

}  // namespace
}  // namespace smallbiznis::db
