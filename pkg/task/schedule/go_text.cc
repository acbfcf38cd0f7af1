#include "pkg/task/schedule/go_text.h"

#include <fmt/format.h>

#include <cstdint>

#include "pkg/text/utf8.h"

namespace smallbiznis::task {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

// `value` / `unit` without needless zeros: "1.5", "2". `digits` is log10 of `unit`.
std::string Decimal(uint64_t value, uint64_t unit, int digits) {
  std::string text = std::to_string(value / unit);
  std::string fraction = fmt::format("{:0{}}", value % unit, digits);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return fraction.empty() ? text : text + "." + fraction;
}

std::string Magnitude(uint64_t ns) {
  if (ns == 0) return "0s";
  if (ns < 1'000) return fmt::format("{}ns", ns);
  if (ns < 1'000'000) return Decimal(ns, 1'000, 3) + "\u00b5s";
  if (ns < kSecond) return Decimal(ns, 1'000'000, 6) + "ms";
  const uint64_t minutes = ns / (60 * kSecond);
  const std::string seconds = Decimal(ns % (60 * kSecond), kSecond, 9) + "s";
  if (minutes == 0) return seconds;
  if (minutes < 60) return fmt::format("{}m{}", minutes, seconds);
  return fmt::format("{}h{}m{}", minutes / 60, minutes % 60, seconds);
}

size_t CharacterSize(unsigned char first) {
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

// Of one character of several bytes that is valid.
uint32_t CodePoint(std::string_view bytes) {
  uint32_t point = static_cast<unsigned char>(bytes[0]) & (0xffU >> (bytes.size() + 1));
  for (const char byte : bytes.substr(1)) point = point << 6 | (static_cast<unsigned char>(byte) & 0x3f);
  return point;
}

std::string QuoteAscii(char character) {
  switch (character) {
    case '"':
    case '\\':
      return std::string("\\") + character;
    case '\a':
      return "\\a";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\v':
      return "\\v";
    default:
      if (character < ' ' || character == '\x7f') return fmt::format("\\x{:02x}", static_cast<unsigned>(character));
      return std::string(1, character);
  }
}

}  // namespace

std::string GoDuration(absl::Duration duration) {
  const int64_t ns = absl::ToInt64Nanoseconds(duration);
  if (ns >= 0) return Magnitude(static_cast<uint64_t>(ns));
  return "-" + Magnitude(~static_cast<uint64_t>(ns) + 1);
}

std::string GoQuote(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::string_view character = first < 0x80 ? text.substr(0, 1) : text.substr(0, CharacterSize(first));
    if (first < 0x80) {
      quoted += QuoteAscii(text[0]);
    } else if (!text::IsUtf8(character)) {
      quoted += fmt::format("\\x{:02x}", first);
      text.remove_prefix(1);
      continue;
    } else {
      const uint32_t point = CodePoint(character);
      quoted += point < 0x10000 ? fmt::format("\\u{:04x}", point) : fmt::format("\\U{:08x}", point);
    }
    text.remove_prefix(character.size());
  }
  return quoted + "\"";
}

std::string GoUnixDate(absl::Time time) {
  return absl::FormatTime("%a %b %e %H:%M:%S UTC %Y", time, absl::UTCTimeZone());
}

}  // namespace smallbiznis::task
