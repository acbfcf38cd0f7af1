// Parts of timestamps and durations.
#include <string>

#include "pkg/cel/lib/function.h"
#include "pkg/cel/value/times.h"
#include "pkg/status/status.h"

namespace smallbiznis::cel {
namespace {

constexpr int64_t kZone = 150;  // may look on the disk

using Part = int64_t (*)(const DateTime& time);

template <Part part>
Value InUtc(Frame&, const Value* args) {
  return Value::Int(part(*Split(args[0], "")));
}

template <Part part>
Value InZone(Frame& frame, const Value* args) {
  if (!frame.Spend(kZone)) return frame.Stopped();
  const std::optional<DateTime> time = Split(args[0], args[1].view());
  return time ? Value::Int(part(*time)) : frame.Fail("unknown time zone");
}

Value Milliseconds(Frame&, const Value* args) {
  return Value::Int(args[0].size / 1'000'000);
}
Value MillisecondsInZone(Frame& frame, const Value* args) {
  if (!frame.Spend(kZone)) return frame.Stopped();
  return Split(args[0], args[1].view()) ? Value::Int(args[0].size / 1'000'000) : frame.Fail("unknown time zone");
}

template <int64_t nanos>
Value Whole(Frame&, const Value* args) {
  return Value::Int(args[0].integer / nanos);
}
Value DurationMilliseconds(Frame&, const Value* args) {
  return Value::Int(args[0].integer % kNanosPerSecond / 1'000'000);
}

int64_t Year(const DateTime& t) {
  return t.year;
}
int64_t Month(const DateTime& t) {
  return t.month - 1;
}
int64_t Date(const DateTime& t) {
  return t.day;
}
int64_t DayOfMonth(const DateTime& t) {
  return t.day - 1;
}
int64_t DayOfWeek(const DateTime& t) {
  return t.day_of_week;
}
int64_t DayOfYear(const DateTime& t) {
  return t.day_of_year;
}
int64_t Hours(const DateTime& t) {
  return t.hour;
}
int64_t Minutes(const DateTime& t) {
  return t.minute;
}
int64_t Seconds(const DateTime& t) {
  return t.second;
}

constexpr LibraryRow kTimeRows[] = {
    {"timestamp.getFullYear() -> int", InUtc<Year>},
    {"timestamp.getFullYear(string) -> int", InZone<Year>},
    {"timestamp.getMonth() -> int", InUtc<Month>},
    {"timestamp.getMonth(string) -> int", InZone<Month>},
    {"timestamp.getDate() -> int", InUtc<Date>},
    {"timestamp.getDate(string) -> int", InZone<Date>},
    {"timestamp.getDayOfMonth() -> int", InUtc<DayOfMonth>},
    {"timestamp.getDayOfMonth(string) -> int", InZone<DayOfMonth>},
    {"timestamp.getDayOfWeek() -> int", InUtc<DayOfWeek>},
    {"timestamp.getDayOfWeek(string) -> int", InZone<DayOfWeek>},
    {"timestamp.getDayOfYear() -> int", InUtc<DayOfYear>},
    {"timestamp.getDayOfYear(string) -> int", InZone<DayOfYear>},
    {"timestamp.getHours() -> int", InUtc<Hours>},
    {"timestamp.getHours(string) -> int", InZone<Hours>},
    {"timestamp.getMinutes() -> int", InUtc<Minutes>},
    {"timestamp.getMinutes(string) -> int", InZone<Minutes>},
    {"timestamp.getSeconds() -> int", InUtc<Seconds>},
    {"timestamp.getSeconds(string) -> int", InZone<Seconds>},
    {"timestamp.getMilliseconds() -> int", Milliseconds},
    {"timestamp.getMilliseconds(string) -> int", MillisecondsInZone},
    {"duration.getHours() -> int", Whole<3600 * kNanosPerSecond>},
    {"duration.getMinutes() -> int", Whole<60 * kNanosPerSecond>},
    {"duration.getSeconds() -> int", Whole<kNanosPerSecond>},
    {"duration.getMilliseconds() -> int", DurationMilliseconds},
};

}  // namespace

absl::Status AddTimes(Functions& functions) {
  return functions.AddAll(kTimeRows);
}

}  // namespace smallbiznis::cel
