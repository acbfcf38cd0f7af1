#include "pkg/cel/value/show.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "pkg/cel/value/compare.h"
#include "pkg/cel/value/money.h"
#include "pkg/cel/value/times.h"

namespace smallbiznis::cel {
namespace {

// The letter of the escape that stands for it; 0 where there is none.
char EscapeLetter(char c) {
  if (c == '\\' || c == '"') return c;
  return c >= '\a' && c <= '\r' ? "abtnvfr"[c - '\a'] : '\0';
}

void Append(const Value& value, size_t most, std::string& text);

void AppendList(const Value& list, size_t most, std::string& text) {
  text += '[';
  for (uint32_t i = 0; i < list.size && text.size() < most; ++i) {
    if (i > 0) text += ", ";
    Append(list.items[i], most, text);
  }
  text += ']';
}

void AppendMap(const MapObject& map, size_t most, std::string& text) {
  text += '{';
  for (uint32_t i = 0; i < map.size && text.size() < most; ++i) {
    if (i > 0) text += ", ";
    Append(map.entries[i].key, most, text);
    text += ": ";
    Append(map.entries[i].value, most, text);
  }
  text += '}';
}

void Append(const Value& value, size_t most, std::string& text) {
  switch (value.kind) {
    case Kind::kNull:
      text += "null";
      return;
    case Kind::kBool:
      text += value.boolean ? "true" : "false";
      return;
    case Kind::kInt:
      text += fmt::to_string(value.integer);
      return;
    case Kind::kUint:
      text += fmt::format("{}u", value.natural);
      return;
    case Kind::kDouble: {
      const std::string shown = ShowDouble(value.real);
      text += shown;
      if (shown.find_last_not_of("-0123456789") == std::string::npos) text += ".0";
      return;
    }
    case Kind::kString:
      text += Quote(Cut(value.view(), most));
      return;
    case Kind::kBytes:
      text += QuoteLiteral(value.view().substr(0, most), true);
      return;
    case Kind::kTimestamp:
      text += fmt::format("timestamp(\"{}\")", FormatTimestamp(value));
      return;
    case Kind::kDuration:
      text += fmt::format("duration(\"{}\")", FormatDuration(value));
      return;
    case Kind::kMoney:
      text += FormatMoney(value);
      return;
    case Kind::kList:
      return AppendList(value, most, text);
    case Kind::kMap:
      return AppendMap(*value.map, most, text);
    case Kind::kType:
      text += value.view();
      return;
    case Kind::kOptional:
      text += value.items == nullptr ? "optional.none()" : "optional.of(";
      if (value.items == nullptr) return;
      Append(*value.items, most, text);
      text += ')';
      return;
    case Kind::kError:
      text += fmt::format("error({})", value.error->message);
      return;
    case Kind::kMessage:
    case Kind::kOpaque:
    case Kind::kUnknown:
    case Kind::kUnset:
      text += fmt::format("{}{{...}}", TypeName(value));
      return;
  }
}

}  // namespace

std::string Show(const Value& value, size_t most) {
  std::string text;
  Append(value, most, text);
  if (text.size() > most + 8) {
    text.resize(Cut(text, most).size());
    text += "...";
  }
  return text;
}

std::string ShowDouble(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  char digits[40];
  const double size = std::fabs(number);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e6);
  const auto end = std::to_chars(digits, digits + sizeof(digits), number,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  return std::string(digits, end.ptr);
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  quoted.reserve(text.size() + 2);
  for (const char c : text) {
    const char letter = EscapeLetter(c);
    if (letter != 0) quoted += '\\';
    quoted += letter != 0 ? letter : c;
  }
  return quoted + '"';
}

std::string QuoteLiteral(std::string_view text, bool bytes) {
  std::string quoted = bytes ? "b\"" : "\"";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (const char letter = EscapeLetter(c); letter != 0) {
      quoted += {'\\', letter};
    } else if (byte < ' ' || byte == 0x7F || (bytes && byte >= 0x80)) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string_view Cut(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (text[most] & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

}  // namespace smallbiznis::cel
