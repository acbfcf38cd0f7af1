// Timestamps and durations as texts, and the parts of a timestamp in a time zone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/cel/value/value.h"

namespace smallbiznis::cel {

constexpr int64_t kLeastSecond = -62135596800;  // 0001-01-01T00:00:00Z
constexpr int64_t kMostSecond = 253402300799;   // 9999-12-31T23:59:59Z
constexpr int64_t kNanosPerSecond = 1'000'000'000;

// RFC 3339; nothing where it is not, or outside the years 1 to 9999.
std::optional<Value> ParseTimestamp(std::string_view text);
std::string FormatTimestamp(const Value& timestamp);

// "1h30m", "-1.5s", "250ms": nothing where it is not such, or outside of what an int64 of nanoseconds holds.
std::optional<Value> ParseDuration(std::string_view text);
// "5400s", "0.25s".
std::string FormatDuration(const Value& duration);

struct DateTime {
  int64_t year;
  int month;  // 1 to 12
  int day;    // 1 to 31
  int hour;
  int minute;
  int second;
  int day_of_week;  // 0 is Sunday
  int day_of_year;  // 0 is January 1st
};
// In `zone`: empty for UTC, a name of the time zone database, or an offset as "+02:30". Nothing where it is none.
std::optional<DateTime> Split(const Value& timestamp, std::string_view zone);

}  // namespace smallbiznis::cel
