#include "pkg/cel/value/times.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>

#include "absl/time/time.h"

namespace smallbiznis::cel {
namespace {

using std::chrono::sys_days;

// Reads RFC 3339 from the left.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // A number of exactly `digits` digits, from `least` to `most`.
  int Number(int digits, int least, int most) {
    int number = 0;
    for (int i = 0; i < digits; ++i, ++at_) {
      if (at_ >= text_.size() || text_[at_] < '0' || text_[at_] > '9') return Fail();
      number = number * 10 + (text_[at_] - '0');
    }
    return number < least || number > most ? Fail() : number;
  }
  char OneOf(std::string_view chars) {
    if (at_ >= text_.size() || chars.find(text_[at_]) == std::string_view::npos) return static_cast<char>(Fail());
    return text_[at_++];
  }
  bool Peek(char c) const { return at_ < text_.size() && text_[at_] == c; }
  // Digits after a decimal point, as nanoseconds.
  uint32_t Nanos() {
    uint32_t nanos = 0;
    int digits = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_, ++digits) {
      if (digits < 9) nanos = nanos * 10 + static_cast<uint32_t>(text_[at_] - '0');
    }
    if (digits == 0) Fail();
    for (; digits < 9; ++digits) nanos *= 10;
    return nanos;
  }
  bool ok() const { return ok_ && at_ == text_.size(); }

 private:
  int Fail() {
    ok_ = false;
    return 0;
  }
  std::string_view text_;
  size_t at_ = 0;
  bool ok_ = true;
};

// Of "+02:30" and "02:30"; nothing where it is no offset.
std::optional<int> OffsetSeconds(std::string_view zone) {
  int sign = 1;
  if (!zone.empty() && (zone[0] == '+' || zone[0] == '-')) {
    sign = zone[0] == '-' ? -1 : 1;
    zone.remove_prefix(1);
  }
  Reader reader(zone);
  const int hours = reader.Number(2, 0, 23);
  reader.OneOf(":");
  const int minutes = reader.Number(2, 0, 59);
  if (!reader.ok()) return std::nullopt;
  return sign * (hours * 3600 + minutes * 60);
}

// The zone of the database with this name, valid until the thread's next call; null where there is none. Abseil keeps
// every name that it is asked for, also those that are none: so it is asked only for zones that are on the disk.
const absl::TimeZone* FindZone(std::string_view name) {
  struct Known {
    std::string name;
    absl::TimeZone zone;
  };
  // So few that they are looked through; the next one that is not among them takes the place of the oldest.
  thread_local std::array<Known, 8> known;
  thread_local size_t oldest = 0;
  for (const Known& one : known) {
    if (name == one.name) return &one.zone;
  }
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '-' || c == '+';
  };
  if (name.size() > 40 || name.front() == '/' || !std::all_of(name.begin(), name.end(), allowed)) return nullptr;
  std::error_code error;
  const std::string text(name);
  const std::filesystem::path path = std::filesystem::path("/usr/share/zoneinfo") / text;
  absl::TimeZone zone;
  if (!std::filesystem::is_regular_file(path, error) || !absl::LoadTimeZone(text, &zone)) return nullptr;
  Known& place = known[oldest++ % known.size()];
  place = {text, zone};
  return &place.zone;
}

DateTime SplitSeconds(int64_t seconds) {
  const int64_t day = seconds >= 0 ? seconds / 86400 : -((86399 - seconds) / 86400);
  const auto rest = static_cast<int>(seconds - day * 86400);
  const sys_days days{std::chrono::days(day)};
  const std::chrono::year_month_day date(days);
  const sys_days new_year = date.year() / std::chrono::January / 1;
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          rest / 3600,
          rest / 60 % 60,
          rest % 60,
          static_cast<int>(std::chrono::weekday(days).c_encoding()),
          static_cast<int>((days - new_year).count())};
}

// ".25", without zeros at the end; nothing for 0.
std::string Fraction(int64_t nanos) {
  if (nanos == 0) return "";
  std::string digits = fmt::format(".{:09}", nanos);
  digits.erase(digits.find_last_not_of('0') + 1);
  return digits;
}

struct Unit {
  std::string_view name;
  int64_t nanos;
};
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"µs", 1'000},
                                         {"μs", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000}}};

// "1.5h" from the left of `text`, added to `total`.
bool AddPart(std::string_view& text, __int128& total) {
  __int128 whole = 0;
  __int128 fraction = 0;
  __int128 scale = 1;
  size_t at = 0;
  size_t digits = 0;
  bool point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      ++digits;
      if (!point && whole < __int128{1} << 80) whole = whole * 10 + (c - '0');
      if (point && scale < 1'000'000'000'000'000) {
        fraction = fraction * 10 + (c - '0');
        scale *= 10;
      }
    } else {
      break;
    }
  }
  text.remove_prefix(at);
  if (digits == 0) return false;
  for (const Unit& unit : kUnits) {
    if (text.substr(0, unit.name.size()) != unit.name) continue;
    const std::string_view rest = text.substr(unit.name.size());
    if (unit.name == "m" && !rest.empty() && rest[0] == 's') continue;
    total += whole * unit.nanos + fraction * unit.nanos / scale;
    text = rest;
    return true;
  }
  return false;
}

}  // namespace

std::optional<Value> ParseTimestamp(std::string_view text) {
  Reader reader(text);
  const int year = reader.Number(4, 1, 9999);
  reader.OneOf("-");
  const int month = reader.Number(2, 1, 12);
  reader.OneOf("-");
  const int day = reader.Number(2, 1, 31);
  reader.OneOf("Tt");
  const int hour = reader.Number(2, 0, 23);
  reader.OneOf(":");
  const int minute = reader.Number(2, 0, 59);
  reader.OneOf(":");
  const int second = reader.Number(2, 0, 59);
  uint32_t nanos = 0;
  if (reader.Peek('.')) {
    reader.OneOf(".");
    nanos = reader.Nanos();
  }
  const char zone = reader.OneOf("Zz+-");
  int offset = 0;
  if (zone == '+' || zone == '-') {
    offset = reader.Number(2, 0, 23) * 3600;
    reader.OneOf(":");
    offset += reader.Number(2, 0, 59) * 60;
    if (zone == '-') offset = -offset;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!reader.ok() || !date.ok()) return std::nullopt;
  const int64_t days = sys_days(date).time_since_epoch().count();
  const int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset;
  if (seconds < kLeastSecond || seconds > kMostSecond) return std::nullopt;
  return Value::Timestamp(seconds, nanos);
}

std::string FormatTimestamp(const Value& timestamp) {
  const DateTime t = SplitSeconds(timestamp.integer);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", t.year, t.month, t.day, t.hour, t.minute, t.second,
                     Fraction(timestamp.size));
}

std::optional<Value> ParseDuration(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text == "0") return Value::Duration(0);
  __int128 total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    if (!AddPart(text, total)) return std::nullopt;
    if (total > static_cast<__int128>(INT64_MAX) + 1) return std::nullopt;
  }
  if (negative) total = -total;
  if (total > INT64_MAX || total < INT64_MIN) return std::nullopt;
  return Value::Duration(static_cast<int64_t>(total));
}

std::string FormatDuration(const Value& duration) {
  const int64_t seconds = duration.integer / kNanosPerSecond;
  const int64_t nanos = duration.integer % kNanosPerSecond;
  const bool negative = duration.integer < 0;
  return fmt::format("{}{}{}s", negative ? "-" : "", negative ? -seconds : seconds,
                     Fraction(negative ? -nanos : nanos));
}

std::optional<DateTime> Split(const Value& timestamp, std::string_view zone) {
  if (zone.empty() || zone == "UTC" || zone == "Z") return SplitSeconds(timestamp.integer);
  if (const std::optional<int> offset = OffsetSeconds(zone)) return SplitSeconds(timestamp.integer + *offset);
  const absl::TimeZone* found = FindZone(zone);
  if (found == nullptr) return std::nullopt;
  return SplitSeconds(timestamp.integer + found->At(absl::FromUnixSeconds(timestamp.integer)).offset);
}

}  // namespace smallbiznis::cel
