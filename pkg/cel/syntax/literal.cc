// Escapes of string and bytes literals, and UTF-8.
#include <fmt/format.h>

#include "pkg/cel/syntax/lexer.h"
#include "pkg/status/status.h"

namespace smallbiznis::cel {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// A number of `digits` digits to `base` at `at`, which moves behind it; -1 where they are not.
int64_t Digits(std::string_view text, size_t& at, int digits, int base) {
  int64_t number = 0;
  for (int i = 0; i < digits; ++i, ++at) {
    const int digit = at < text.size() ? HexDigit(text[at]) : -1;
    if (digit < 0 || digit >= base) return -1;
    number = number * base + digit;
  }
  return number;
}

char SimpleEscape(char c) {
  static constexpr std::string_view kFrom = "abfnrtv\\'\"`?";
  static constexpr std::string_view kTo = "\a\b\f\n\r\t\v\\'\"`?";
  const size_t at = kFrom.find(c);
  return at == std::string_view::npos ? '\0' : kTo[at];
}

// One escape, whose backslash is before `at`.
absl::Status Escape(std::string_view body, size_t& at, bool bytes, std::string& text) {
  const absl::Status bad = absl::InvalidArgumentError("invalid escape sequence in the literal");
  if (at >= body.size()) return bad;
  const char c = body[at];
  if (const char plain = SimpleEscape(c); plain != '\0') {
    text.push_back(plain);
    ++at;
    return absl::OkStatus();
  }
  int64_t number = -1;
  if (c >= '0' && c <= '3') {
    number = Digits(body, at, 3, 8);
  } else if (c == 'x' || c == 'X') {
    number = Digits(body, ++at, 2, 16);
  } else if ((c == 'u' || c == 'U') && !bytes) {
    ++at;
    number = Digits(body, at, c == 'u' ? 4 : 8, 16);
    if (number > 0x10FFFF || (number >= 0xD800 && number <= 0xDFFF)) return bad;
  }
  if (number < 0) return bad;
  if (bytes) {
    text.push_back(static_cast<char>(number));
  } else {
    AppendUtf8(static_cast<uint32_t>(number), text);
  }
  return absl::OkStatus();
}

}  // namespace

int32_t DecodeUtf8(std::string_view text, size_t& at) {
  const auto lead = static_cast<uint8_t>(text[at++]);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead > 0xF4) return -1;
  int32_t point = lead & (0x3F >> more);
  for (int i = 0; i < more; ++i, ++at) {
    if (at >= text.size() || (text[at] & 0xC0) != 0x80) return -1;
    point = (point << 6) | (text[at] & 0x3F);
  }
  static constexpr int32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  return point < kLeast[more] || point > 0x10FFFF || surrogate ? -1 : point;
}

void AppendUtf8(uint32_t p, std::string& text) {
  const auto tail = [&](int shift) { text.push_back(static_cast<char>(0x80 | ((p >> shift) & 0x3F))); };
  if (p < 0x80) {
    text.push_back(static_cast<char>(p));
  } else if (p < 0x800) {
    text.push_back(static_cast<char>(0xC0 | (p >> 6)));
    tail(0);
  } else if (p < 0x10000) {
    text.push_back(static_cast<char>(0xE0 | (p >> 12)));
    tail(6);
    tail(0);
  } else {
    text.push_back(static_cast<char>(0xF0 | (p >> 18)));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (DecodeUtf8(text, at) < 0) return false;
  }
  return true;
}

std::string ToUtf8(std::string_view text) {
  std::string made;
  for (size_t at = 0; at < text.size();) {
    const size_t start = at;
    const bool good = DecodeUtf8(text, at) >= 0;
    if (!good) at = start + 1;
    made += good ? text.substr(start, at - start) : "\uFFFD";
  }
  return made;
}

absl::StatusOr<std::string> Unquote(std::string_view literal) {
  size_t prefix = literal.find_first_of("'\"");
  const std::string_view prefixes = literal.substr(0, prefix);
  const bool raw = prefixes.find_first_of("rR") != std::string_view::npos;
  const bool bytes = prefixes.find_first_of("bB") != std::string_view::npos;
  literal.remove_prefix(prefix);
  const bool triple = literal.size() >= 6 && literal[1] == literal[0] && literal[2] == literal[0];
  const size_t quotes = triple ? 3 : 1;
  const std::string_view body = literal.substr(quotes, literal.size() - 2 * quotes);
  if (!IsUtf8(body)) return absl::InvalidArgumentError("the literal is not UTF-8");
  std::string text;
  text.reserve(body.size());
  for (size_t at = 0; at < body.size();) {
    const char c = body[at++];
    if (c == '\r') {  // every line ends with \n
      if (at < body.size() && body[at] == '\n') ++at;
      text.push_back('\n');
    } else if (c != '\\' || raw) {
      text.push_back(c);
    } else {
      RETURN_IF_ERROR(Escape(body, at, bytes, text));
    }
  }
  return text;
}

}  // namespace smallbiznis::cel
