#include "pkg/db/param.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
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
      {Utc(2024, 5, 1, 36000000001), "2024-05-01 10:00:00.000001+00"},
      {Utc(2024, 5, 1) + absl::Nanoseconds(999), "2024-05-01 00:00:00.000000+00"},
      {Utc(1969, 12, 31, 1), "1969-12-31 00:00:00.000001+00"},
      {Utc(-43, 3, 15), "0044-03-15 00:00:00.000000+00 BC"},
      {Utc(12345, 1, 1), "12345-01-01 00:00:00.000000+00"},
      {absl::InfiniteFuture(), "infinity"},
      {absl::InfinitePast(), "-infinity"},
  };
  for (const auto& [param, want] : cases) {
    ASSERT_TRUE(param.value()) << want;
    EXPECT_EQ(*param.value(), want);
    EXPECT_FALSE(param.binary()) << want;
  }
}

TEST(ParamTest, BytesAndArraysAreInItsBinaryFormat) {
  const std::string no_int8 = "\0\0\0\0\0\0\0\0\0\0\0\x14"s, no_bytea = "\0\0\0\0\0\0\0\0\0\0\0\x11"s;
  const std::string texts = "\0\0\0\1\0\0\0\0\0\0\0\x19"s, times = "\0\0\0\1\0\0\0\0\0\0\4\xa0"s;
  const std::string int8s = "\0\0\0\1\0\0\0\0\0\0\0\x14"s, byteas = "\0\0\0\1\0\0\0\0\0\0\0\x11"s;
  const struct {
    Param param;
    std::string want;
  } cases[] = {
      {Bytes{"\x00\x7f\xff'"s}, "\x00\x7f\xff'"s},
      {Bytes{""}, ""},
      {std::vector<int64_t>{}, no_int8},
      {std::vector<int64_t>{258, -2},
       int8s + "\0\0\0\2\0\0\0\1"s + "\0\0\0\x8\0\0\0\0\0\0\1\2"s + "\0\0\0\x8\xff\xff\xff\xff\xff\xff\xff\xfe"s},
      {std::vector<std::string>{"a", "", "q\"{,"},
       texts + "\0\0\0\3\0\0\0\1"s + "\0\0\0\1"s + "a" + "\0\0\0\0"s + "\0\0\0\4"s + "q\"{,"},
      {std::vector<absl::Time>{Utc(2000, 1, 1, 258), Utc(1999, 12, 31, 86'399'999'998), absl::InfiniteFuture(),
                               absl::InfinitePast()},
       times + "\0\0\0\4\0\0\0\1"s + "\0\0\0\x8\0\0\0\0\0\0\1\2"s + "\0\0\0\x8\xff\xff\xff\xff\xff\xff\xff\xfe"s +
           "\0\0\0\x8\x7f\xff\xff\xff\xff\xff\xff\xff"s + "\0\0\0\x8\x80\0\0\0\0\0\0\0"s},
      {std::vector<Bytes>{}, no_bytea},
      {std::vector<Bytes>{{"\0\x01"s}, {""}}, byteas + "\0\0\0\2\0\0\0\1"s + "\0\0\0\2\0\1"s + "\0\0\0\0"s},
  };
  for (const auto& [param, want] : cases) {
    ASSERT_TRUE(param.value());
    EXPECT_EQ(absl::BytesToHexString(*param.value()), absl::BytesToHexString(want));
    EXPECT_TRUE(param.binary());
  }
}

TEST(ParamTest, NoValueIsNull) {
  EXPECT_FALSE(Param(std::nullopt).value());
  EXPECT_FALSE(Param(std::optional<int64_t>()).value());
  EXPECT_FALSE(Param(std::optional<absl::Time>()).value());
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

}  // namespace
}  // namespace smallbiznis::db
