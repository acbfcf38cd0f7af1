#include "pkg/db/param.h"

#include <fmt/format.h>

#include <charconv>

#include "absl/time/civil_time.h"
#include "pkg/db/array.h"

namespace smallbiznis::db {
namespace {

template <class Int>
std::string IntText(Int value) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), value);
  return {digits, end};
}

}  // namespace

Param::Param(bool value) : value_(value ? "t" : "f") {}
Param::Param(int32_t value) : value_(IntText(value)) {}
Param::Param(int64_t value) : value_(IntText(value)) {}
Param::Param(const std::vector<int64_t>& values) : value_(EncodeArray(values)), binary_(true) {}
Param::Param(const std::vector<std::string>& values) : value_(EncodeArray(values)), binary_(true) {}
Param::Param(const std::vector<absl::Time>& values) : value_(EncodeArray(values)), binary_(true) {}
Param::Param(const std::vector<Bytes>& values) : value_(EncodeArray(values)), binary_(true) {}

Param::Param(absl::Time value) {
  if (value == absl::InfiniteFuture() || value == absl::InfinitePast()) {
    value_ = value == absl::InfiniteFuture() ? "infinity" : "-infinity";
    return;
  }
  const absl::TimeZone::CivilInfo utc = absl::UTCTimeZone().At(value);
  const absl::CivilSecond& at = utc.cs;
  const bool bc = at.year() <= 0;
  value_ = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}+00{}", bc ? 1 - at.year() : at.year(), at.month(),
                       at.day(), at.hour(), at.minute(), at.second(), absl::ToInt64Microseconds(utc.subsecond),
                       bc ? " BC" : "");
}

}  // namespace smallbiznis::db
