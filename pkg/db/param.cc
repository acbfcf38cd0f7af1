#include "pkg/db/param.h"

#include <fmt/format.h>

#include <charconv>

#include "absl/time/civil_time.h"
#include "pkg/db/array.h"

namespace smallbiznis::db {
namespace {

std::string HexText(const std::string& data) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(2 + 2 * data.size(), '\0');
  text[0] = '\\';
  text[1] = 'x';
  char* out = text.data() + 2;
  for (const char c : data) {
    const auto byte = static_cast<unsigned char>(c);
    *out++ = kDigits[byte >> 4];
    *out++ = kDigits[byte & 15];
  }
  return text;
}

template <class Int>
std::string IntText(Int value) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), value);
  return {digits, end};
}

}  // namespace

Param::Param(bool value) : text_(value ? "t" : "f") {}
Param::Param(int32_t value) : text_(IntText(value)) {}
Param::Param(int64_t value) : text_(IntText(value)) {}
Param::Param(const Bytes& value) : text_(HexText(value.data)) {}
Param::Param(const std::vector<int64_t>& values) : text_(EncodeArray(values)) {}
Param::Param(const std::vector<std::string>& values) : text_(EncodeArray(values)) {}

Param::Param(absl::Time value) {
  if (value == absl::InfiniteFuture() || value == absl::InfinitePast()) {
    text_ = value == absl::InfiniteFuture() ? "infinity" : "-infinity";
    return;
  }
  const absl::TimeZone::CivilInfo utc = absl::UTCTimeZone().At(value);
  const absl::CivilSecond& at = utc.cs;
  const bool bc = at.year() <= 0;
  text_ = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}+00{}", bc ? 1 - at.year() : at.year(), at.month(),
                      at.day(), at.hour(), at.minute(), at.second(), absl::ToInt64Microseconds(utc.subsecond),
                      bc ? " BC" : "");
}

Param::Param(const std::vector<Bytes>& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const Bytes& value : values) texts.push_back(HexText(value.data));
  text_ = EncodeArray(texts);
}

}  // namespace smallbiznis::db
