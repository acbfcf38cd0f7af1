#include "pkg/log/json_line.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <variant>

namespace smallbiznis::log {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
// 0001-01-01 and the last microsecond of 9999: what RFC 3339 can say.
constexpr int64_t kFirstMicrosecond = -62135596800'000000;
constexpr int64_t kLastMicrosecond = 253402300799'999999;

void Append(LineBuffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

void AppendDigits(LineBuffer& out, uint32_t value, int width) {
  char digits[10];
  for (int i = width - 1; i >= 0; --i, value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits, digits + width);
}

void AppendTime(LineBuffer& out, absl::Time time) {
  namespace chrono = std::chrono;
  const int64_t micros = std::clamp(absl::ToUnixMicros(time), kFirstMicrosecond, kLastMicrosecond);
  const chrono::sys_time<chrono::microseconds> point{chrono::microseconds(micros)};
  const auto day = chrono::floor<chrono::days>(point);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss<chrono::microseconds> time_of_day(point - day);
  AppendDigits(out, static_cast<uint32_t>(static_cast<int>(date.year())), 4);
  out.push_back('-');
  AppendDigits(out, static_cast<unsigned>(date.month()), 2);
  out.push_back('-');
  AppendDigits(out, static_cast<unsigned>(date.day()), 2);
  out.push_back('T');
  AppendDigits(out, static_cast<uint32_t>(time_of_day.hours().count()), 2);
  out.push_back(':');
  AppendDigits(out, static_cast<uint32_t>(time_of_day.minutes().count()), 2);
  out.push_back(':');
  AppendDigits(out, static_cast<uint32_t>(time_of_day.seconds().count()), 2);
  out.push_back('.');
  AppendDigits(out, static_cast<uint32_t>(time_of_day.subseconds().count()), 6);
  out.push_back('Z');
}

bool IsPlain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

void AppendEscaped(LineBuffer& out, unsigned char byte) {
  switch (byte) {
    case '"':
      return Append(out, "\\\"");
    case '\\':
      return Append(out, "\\\\");
    case '\n':
      return Append(out, "\\n");
    case '\r':
      return Append(out, "\\r");
    case '\t':
      return Append(out, "\\t");
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
  }
}

// Appends the UTF-8 sequence at the start of `rest`, whose first byte is not ASCII, or U+FFFD for what is broken.
// Answers the number of bytes read. The bounds of the second byte exclude overlong forms, surrogates and what is above
// U+10FFFF (Unicode standard, table 3-7).
size_t AppendSequence(LineBuffer& out, std::string_view rest) {
  const auto lead = static_cast<unsigned char>(rest[0]);
  size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    Append(out, kReplacement);
    return 1;
  }
  for (size_t i = 1; i < length; ++i) {
    const auto byte = i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0;
    if (byte < low || byte > high) {
      Append(out, kReplacement);
      return i;
    }
    low = 0x80;
    high = 0xBF;
  }
  Append(out, rest.substr(0, length));
  return length;
}

struct ValueWriter {
  LineBuffer& out;

  void operator()(std::string_view text) const { AppendJsonString(out, text); }
  void operator()(bool value) const { Append(out, value ? "true" : "false"); }
  void operator()(int64_t value) const { AppendInt(value); }
  void operator()(uint64_t value) const { AppendInt(value); }
  void operator()(double value) const {
    if (std::isfinite(value)) {
      fmt::format_to(std::back_inserter(out), "{}", value);
    } else {
      fmt::format_to(std::back_inserter(out), "\"{}\"", value);
    }
  }
  void operator()(SnowflakeId id) const {
    out.push_back('"');
    AppendInt(id.value);
    out.push_back('"');
  }

 private:
  template <class Integer>
  void AppendInt(Integer value) const {
    const fmt::format_int text(value);
    out.append(text.data(), text.data() + text.size());
  }
};

}  // namespace

void AppendJsonString(LineBuffer& out, std::string_view text) {
  out.push_back('"');
  size_t at = 0;
  while (at < text.size()) {
    size_t end = at;
    while (end < text.size() && IsPlain(static_cast<unsigned char>(text[end]))) ++end;
    Append(out, text.substr(at, end - at));
    at = end;
    if (at == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      AppendEscaped(out, byte);
      ++at;
    } else {
      at += AppendSequence(out, text.substr(at));
    }
  }
  out.push_back('"');
}

void AppendJsonLine(LineBuffer& out, absl::Time time, Level level, std::string_view message,
                    std::span<const Field> fields) {
  Append(out, R"({"time":")");
  AppendTime(out, time);
  Append(out, R"(","level":")");
  Append(out, LevelName(level));
  Append(out, R"(","message":)");
  AppendJsonString(out, message);
  for (const Field& field : fields) {
    out.push_back(',');
    AppendJsonString(out, field.key);
    out.push_back(':');
    std::visit(ValueWriter{out}, field.value.variant());
  }
  out.push_back('}');
}

}  // namespace smallbiznis::log
