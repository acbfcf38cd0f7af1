#include "pkg/cel/lib/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "pkg/cel/value/compare.h"
#include "pkg/cel/value/money.h"
#include "pkg/cel/value/times.h"

namespace smallbiznis::cel {
namespace {

constexpr size_t kLongest = size_t{1} << 20;

std::string Special(double number) {
  return std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
}

// What %s makes of a value; false where it has no such form.
bool Plain(const Value& value, std::string& text);

bool PlainList(const Value& list, std::string& text) {
  text += '[';
  for (uint32_t i = 0; i < list.size; ++i) {
    if (i > 0) text += ", ";
    if (!Plain(list.items[i], text)) return false;
  }
  text += ']';
  return true;
}

bool PlainMap(const MapObject& map, std::string& text) {
  std::vector<std::pair<std::string, std::string>> entries(map.size);
  for (uint32_t i = 0; i < map.size; ++i) {
    if (!Plain(map.entries[i].key, entries[i].first) || !Plain(map.entries[i].value, entries[i].second)) return false;
  }
  std::sort(entries.begin(), entries.end());
  text += '{';
  for (size_t i = 0; i < entries.size(); ++i) {
    text += fmt::format("{}{}: {}", i > 0 ? ", " : "", entries[i].first, entries[i].second);
  }
  text += '}';
  return true;
}

bool Plain(const Value& value, std::string& text) {
  if (text.size() > kLongest) return false;
  switch (value.kind) {
    case Kind::kNull:
      text += "null";
      return true;
    case Kind::kBool:
      text += value.boolean ? "true" : "false";
      return true;
    case Kind::kInt:
      text += fmt::to_string(value.integer);
      return true;
    case Kind::kUint:
      text += fmt::to_string(value.natural);
      return true;
    case Kind::kDouble:
      text += std::isfinite(value.real) ? fmt::format("{}", value.real) : Special(value.real);
      return true;
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kType:
      text += value.view();
      return true;
    case Kind::kTimestamp:
      text += FormatTimestamp(value);
      return true;
    case Kind::kDuration:
      text += FormatDuration(value);
      return true;
    case Kind::kMoney:
      text += FormatMoney(value);
      return true;
    case Kind::kList:
      return PlainList(value, text);
    case Kind::kMap:
      return PlainMap(*value.map, text);
    case Kind::kMessage:
    case Kind::kOptional:
    case Kind::kOpaque:
    case Kind::kError:
    case Kind::kUnknown:
    case Kind::kUnset:
      return false;
  }
  return false;
}

bool Whole(const Value& value, std::string_view format, std::string& text) {
  if (value.is(Kind::kInt)) {
    text += fmt::format(fmt::runtime(format), value.integer);
  } else if (value.is(Kind::kUint)) {
    text += fmt::format(fmt::runtime(format), value.natural);
  } else {
    return false;
  }
  return true;
}

bool Decimal(const Value& value, std::string& text) {
  if (!value.is(Kind::kDouble) || std::isfinite(value.real)) return Whole(value, "{}", text);
  text += Special(value.real);
  return true;
}

bool Real(const Value& value, char verb, int precision, std::string& text) {
  if (!value.is_number()) return false;
  const double number = value.is(Kind::kDouble) ? value.real
                        : value.is(Kind::kInt)  ? static_cast<double>(value.integer)
                                                : static_cast<double>(value.natural);
  if (!std::isfinite(number)) {
    text += Special(number);
  } else {
    text += verb == 'f' ? fmt::format("{:.{}f}", number, precision) : fmt::format("{:.{}e}", number, precision);
  }
  return true;
}

bool Hex(const Value& value, bool upper, std::string& text) {
  if (!value.is(Kind::kString) && !value.is(Kind::kBytes)) return Whole(value, upper ? "{:X}" : "{:x}", text);
  for (const char c : value.view()) {
    const auto byte = static_cast<uint8_t>(c);
    text += upper ? fmt::format("{:02X}", byte) : fmt::format("{:02x}", byte);
  }
  return true;
}

bool Binary(const Value& value, std::string& text) {
  if (!value.is(Kind::kBool)) return Whole(value, "{:b}", text);
  text += value.boolean ? '1' : '0';
  return true;
}

bool Verb(const Value& value, char verb, int precision, std::string& text) {
  switch (verb) {
    case 's':
      return Plain(value, text);
    case 'd':
      return Decimal(value, text);
    case 'f':
    case 'e':
      return Real(value, verb, precision, text);
    case 'b':
      return Binary(value, text);
    case 'o':
      return Whole(value, "{:o}", text);
    case 'x':
    case 'X':
      return Hex(value, verb == 'X', text);
    default:
      return false;
  }
}

// ".3" at `at`, which moves behind it; 6 where there is none, -1 where it is not a number up to 1000.
int Precision(std::string_view format, size_t& at) {
  if (at >= format.size() || format[at] != '.') return 6;
  int precision = 0;
  const size_t start = ++at;
  for (; at < format.size() && format[at] >= '0' && format[at] <= '9' && precision <= 1000; ++at) {
    precision = precision * 10 + (format[at] - '0');
  }
  return at == start || precision > 1000 ? -1 : precision;
}

}  // namespace

Value FormatText(Frame& frame, const Value* args) {
  const std::string_view format = args[0].view();
  if (!frame.Spend(1 + args[0].size / 10)) return frame.Stopped();
  std::string text;
  uint32_t next = 0;
  for (size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      text += format[at];
      continue;
    }
    if (++at < format.size() && format[at] == '%') {
      text += '%';
      continue;
    }
    const int precision = Precision(format, at);
    if (precision < 0 || at >= format.size()) return frame.Fail("could not parse formatting clause");
    if (next >= args[1].size)
      return frame.Fail("index out of range: the format has more clauses than there are values");
    const Value& value = args[1].items[next++];
    const size_t before = text.size();
    if (!Verb(value, format[at], precision, text)) {
      if (text.size() > kLongest) return frame.Fail("the formatted text is too long");
      return frame.FailText(
          fmt::format("error during formatting: %{} does not take a {}", format[at], TypeName(value)));
    }
    if (!frame.Spend(static_cast<int64_t>((text.size() - before) / 10 + 1))) return frame.Stopped();
  }
  return frame.NewString(text);
}

}  // namespace smallbiznis::cel
