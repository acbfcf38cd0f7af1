#include "pkg/rpc/json/text_forms.h"

#include <chrono>
#include <cstdint>

#include "pkg/rpc/json/number.h"

namespace smallbiznis::rpc::json {
namespace {

constexpr int64_t kMinSeconds = -62135596800;  // 0001-01-01T00:00:00Z
constexpr int64_t kMaxSeconds = 253402300799;  // 9999-12-31T23:59:59Z
constexpr int64_t kMaxDurationSeconds = 315576000000;
constexpr int32_t kNanosPerSecond = 1'000'000'000;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}
bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}

// Exactly `count` digits off the front of `text`.
bool TakeDigits(std::string_view* text, size_t count, int* out) {
  if (text->size() < count) return false;
  *out = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!IsDigit((*text)[i])) return false;
    *out = *out * 10 + ((*text)[i] - '0');
  }
  text->remove_prefix(count);
  return true;
}

bool Take(std::string_view* text, char expected) {
  if (text->empty() || text->front() != expected) return false;
  text->remove_prefix(1);
  return true;
}

// ".123" off the front of `text`, when there is a point; at most nine digits.
bool TakeFraction(std::string_view* text, int32_t* nanos) {
  *nanos = 0;
  if (!Take(text, '.')) return true;
  int32_t unit = kNanosPerSecond;
  size_t digits = 0;
  for (; digits < text->size() && IsDigit((*text)[digits]); ++digits) {
    unit /= 10;
    if (unit == 0) return false;
    *nanos += ((*text)[digits] - '0') * unit;
  }
  text->remove_prefix(digits);
  return digits > 0;
}

// "Z" or "+07:00", to the end of `text`.
bool TakeOffset(std::string_view text, int64_t* seconds) {
  *seconds = 0;
  if (text == "Z") return true;
  const bool west = !text.empty() && text.front() == '-';
  if (!Take(&text, west ? '-' : '+')) return false;
  int hours, minutes;
  if (!TakeDigits(&text, 2, &hours) || !Take(&text, ':') || !TakeDigits(&text, 2, &minutes)) return false;
  if (!text.empty() || hours > 23 || minutes > 59) return false;
  *seconds = (hours * 60 + minutes) * (west ? -60 : 60);
  return true;
}

void AppendPadded(uint32_t value, int width, std::string* out) {
  char digits[10];
  for (int i = width - 1; i >= 0; --i, value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out->append(digits, width);
}

void AppendFraction(int32_t nanos, std::string* out) {
  if (nanos == 0) return;
  out->push_back('.');
  if (nanos % 1'000'000 == 0) {
    AppendPadded(nanos / 1'000'000, 3, out);
  } else if (nanos % 1'000 == 0) {
    AppendPadded(nanos / 1'000, 6, out);
  } else {
    AppendPadded(nanos, 9, out);
  }
}

bool IsPathCharacter(char c) {
  return IsLower(c) || IsUpper(c) || IsDigit(c) || c == '_' || c == '.';
}

}  // namespace

bool ParseTimestamp(std::string_view text, google::protobuf::Timestamp* out) {
  int year, month, day, hour, minute, second;
  int32_t nanos;
  int64_t offset;
  if (!TakeDigits(&text, 4, &year) || !Take(&text, '-') || !TakeDigits(&text, 2, &month) || !Take(&text, '-') ||
      !TakeDigits(&text, 2, &day) || !Take(&text, 'T') || !TakeDigits(&text, 2, &hour) || !Take(&text, ':') ||
      !TakeDigits(&text, 2, &minute) || !Take(&text, ':') || !TakeDigits(&text, 2, &second) ||
      !TakeFraction(&text, &nanos) || !TakeOffset(text, &offset)) {
    return false;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return false;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset;
  if (seconds < kMinSeconds || seconds > kMaxSeconds) return false;
  out->set_seconds(seconds);
  out->set_nanos(nanos);
  return true;
}

bool ParseDuration(std::string_view text, google::protobuf::Duration* out) {
  const bool negative = Take(&text, '-');
  size_t digits = 0;
  int64_t seconds = 0;
  for (; digits < text.size() && IsDigit(text[digits]); ++digits) {
    seconds = seconds * 10 + (text[digits] - '0');
    if (seconds > kMaxDurationSeconds) return false;
  }
  if (digits == 0) return false;
  text.remove_prefix(digits);
  int32_t nanos;
  if (!TakeFraction(&text, &nanos) || text != "s") return false;
  if (seconds == kMaxDurationSeconds && nanos != 0) return false;
  out->set_seconds(negative ? -seconds : seconds);
  out->set_nanos(negative ? -nanos : nanos);
  return true;
}

bool ParseFieldMask(std::string_view text, google::protobuf::FieldMask* out) {
  out->clear_paths();
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view path = text.substr(0, comma);
    if (path.empty() || path.front() == '.' || path.back() == '.') return false;
    std::string* snake = out->add_paths();
    for (const char c : path) {
      if (!IsPathCharacter(c)) return false;
      if (c == '.' && snake->back() == '.') return false;
      if (IsUpper(c)) {
        snake->push_back('_');
        snake->push_back(static_cast<char>(c - 'A' + 'a'));
      } else {
        snake->push_back(c);
      }
    }
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
    if (text.empty()) return false;
  }
  return true;
}

bool AppendTimestamp(const google::protobuf::Timestamp& value, std::string* out) {
  if (value.seconds() < kMinSeconds || value.seconds() > kMaxSeconds) return false;
  if (value.nanos() < 0 || value.nanos() >= kNanosPerSecond) return false;
  const std::chrono::sys_seconds time{std::chrono::seconds(value.seconds())};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto of_day = static_cast<uint32_t>((time - day).count());
  AppendPadded(static_cast<int>(date.year()), 4, out);
  out->push_back('-');
  AppendPadded(static_cast<unsigned>(date.month()), 2, out);
  out->push_back('-');
  AppendPadded(static_cast<unsigned>(date.day()), 2, out);
  out->push_back('T');
  AppendPadded(of_day / 3600, 2, out);
  out->push_back(':');
  AppendPadded(of_day / 60 % 60, 2, out);
  out->push_back(':');
  AppendPadded(of_day % 60, 2, out);
  AppendFraction(value.nanos(), out);
  out->push_back('Z');
  return true;
}

bool AppendDuration(const google::protobuf::Duration& value, std::string* out) {
  const int64_t seconds = value.seconds();
  const int32_t nanos = value.nanos();
  if (seconds < -kMaxDurationSeconds || seconds > kMaxDurationSeconds) return false;
  if (nanos <= -kNanosPerSecond || nanos >= kNanosPerSecond) return false;
  if ((seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) return false;
  if (seconds < 0 || nanos < 0) out->push_back('-');
  AppendInteger(seconds < 0 ? -seconds : seconds, out);
  AppendFraction(nanos < 0 ? -nanos : nanos, out);
  out->push_back('s');
  return true;
}

bool AppendFieldMask(const google::protobuf::FieldMask& value, std::string* out) {
  bool first = true;
  for (const std::string& path : value.paths()) {
    if (!first) out->push_back(',');
    first = false;
    bool after_underscore = false;
    for (const char c : path) {
      if (!IsPathCharacter(c) || IsUpper(c) || (after_underscore && !IsLower(c))) return false;
      if (c != '_') out->push_back(after_underscore ? static_cast<char>(c - 'a' + 'A') : c);
      after_underscore = c == '_';
    }
    if (path.empty() || after_underscore) return false;
  }
  return true;
}

}  // namespace smallbiznis::rpc::json
