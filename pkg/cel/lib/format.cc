#include "pkg/cel/lib/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "pkg/cel/lib/text.h"
#include "pkg/cel/syntax/lexer.h"
#include "pkg/cel/value/compare.h"
#include "pkg/cel/value/money.h"
#include "pkg/cel/value/times.h"

namespace smallbiznis::cel {
namespace {

constexpr size_t kLongest = size_t{1} << 19;

std::string Special(double number) {
  return std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
}

// The text as it grows. What is written is paid for first, as time and as memory.
class Writer {
 public:
  explicit Writer(Frame& frame) : frame_(frame) {}

  // False when it is too much: the evaluation stops, or the text is too long.
  bool Pay(size_t bytes, size_t cost) {
    const auto time = static_cast<int64_t>(1 + cost);
    if (!frame_.Loop(time) || !frame_.Account(bytes)) stopped_ = true;
    written_ += bytes;
    return !stopped_ && written_ <= kLongest;
  }
  bool Append(std::string_view more) {
    if (!Pay(more.size(), more.size() / 10)) return false;
    text_ += more;
    return true;
  }
  // What %s makes of a value; false where it has no such form.
  bool Plain(const Value& value);
  bool Verb(const Value& value, char verb, int precision);

  bool stopped() const { return stopped_; }
  bool too_long() const { return written_ > kLongest; }
  const std::string& text() const { return text_; }

 private:
  bool List(const Value& list);
  bool Map(const MapObject& map);
  bool Shortest(double number);
  bool Whole(const Value& value, std::string_view format);
  bool Real(const Value& value, char verb, int precision);
  bool Hex(const Value& value, bool upper);

  Frame& frame_;
  std::string text_;
  size_t written_ = 0;  // also what was put together in between
  bool stopped_ = false;
};

bool Writer::List(const Value& list) {
  if (!Append("[")) return false;
  for (uint32_t i = 0; i < list.size; ++i) {
    if ((i > 0 && !Append(", ")) || !Plain(list.items[i])) return false;
  }
  return Append("]");
}

// Entries in the order of their texts.
bool Writer::Map(const MapObject& map) {
  if (!Pay(map.size * sizeof(std::pair<std::string, std::string>), map.size)) return false;
  std::vector<std::pair<std::string, std::string>> entries(map.size);
  std::string outer = std::move(text_);
  const auto one = [this](const Value& value, std::string& text) {
    text_.clear();
    const bool plain = Plain(value);
    text = std::move(text_);
    return plain;
  };
  for (uint32_t i = 0; i < map.size; ++i) {
    if (!one(map.entries[i].key, entries[i].first) || !one(map.entries[i].value, entries[i].second)) return false;
  }
  text_ = std::move(outer);
  std::sort(entries.begin(), entries.end());
  if (!Append("{")) return false;
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto& [key, value] = entries[i];
    if ((i > 0 && !Append(", ")) || !Append(key) || !Append(": ") || !Append(value)) return false;
  }
  return Append("}");
}

bool Writer::Plain(const Value& value) {
  switch (value.kind) {
    case Kind::kNull:
      return Append("null");
    case Kind::kBool:
      return Append(value.boolean ? "true" : "false");
    case Kind::kInt:
      return Append(fmt::to_string(value.integer));
    case Kind::kUint:
      return Append(fmt::to_string(value.natural));
    case Kind::kDouble:
      return Shortest(value.real);
    case Kind::kString:
    case Kind::kType:
      return Append(value.view());
    case Kind::kBytes:
      return IsUtf8(value.view()) ? Append(value.view()) : Pay(0, value.size / 5) && Append(ToUtf8(value.view()));
    case Kind::kTimestamp:
      return Pay(0, kLongConversionCost) && Append(FormatTimestamp(value));
    case Kind::kDuration:
      return Pay(0, kLongConversionCost) && Append(FormatDuration(value));
    case Kind::kMoney:
      return Pay(0, kLongConversionCost) && Append(FormatMoney(value));
    case Kind::kList:
      return List(value);
    case Kind::kMap:
      return Map(*value.map);
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

// As few digits as tell the number from others, without an exponent.
bool Writer::Shortest(double number) {
  if (!std::isfinite(number)) return Append(Special(number));
  if (!Pay(0, kConversionCost)) return false;
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), number, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));
  const size_t e = text.find('e');
  int exponent = 0;
  const size_t digits_of_exponent = e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(text.data() + digits_of_exponent, text.data() + text.size(), exponent);
  const bool negative = text[0] == '-';
  std::string digits(text.substr(negative ? 1 : 0, e - (negative ? 1 : 0)));
  if (digits.size() > 1) digits.erase(1, 1);  // the point
  const auto size = static_cast<int>(digits.size());
  if (exponent < 0) {
    digits.insert(0, "0." + std::string(static_cast<size_t>(-exponent - 1), '0'));
  } else if (exponent + 1 < size) {
    digits.insert(static_cast<size_t>(exponent) + 1, ".");
  } else {
    digits.append(static_cast<size_t>(exponent + 1 - size), '0');
  }
  return Append(negative ? "-" + digits : digits);
}

bool Writer::Whole(const Value& value, std::string_view format) {
  if (!Pay(0, kConversionCost / 4)) return false;
  if (value.is(Kind::kInt)) return Append(fmt::format(fmt::runtime(format), value.integer));
  return value.is(Kind::kUint) && Append(fmt::format(fmt::runtime(format), value.natural));
}

bool Writer::Real(const Value& value, char verb, int precision) {
  if (!value.is_number()) return false;
  const double number = value.is(Kind::kDouble) ? value.real
                        : value.is(Kind::kInt)  ? static_cast<double>(value.integer)
                                                : static_cast<double>(value.natural);
  if (!std::isfinite(number)) return Append(Special(number));
  // Every digit of a large or precise number takes its time.
  constexpr size_t kDigits = 4'000;
  const size_t digits = 2 * static_cast<size_t>(precision) + (std::fabs(number) < 1e15 ? kConversionCost : kDigits);
  if (!Pay(0, digits)) return false;
  return Append(verb == 'f' ? fmt::format("{:.{}f}", number, precision) : fmt::format("{:.{}e}", number, precision));
}

bool Writer::Hex(const Value& value, bool upper) {
  if (!value.is(Kind::kString) && !value.is(Kind::kBytes)) return Whole(value, upper ? "{:X}" : "{:x}");
  if (!Pay(2 * size_t{value.size}, value.size / 5)) return false;
  const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  size_t at = text_.size();
  text_.resize(at + 2 * size_t{value.size});
  for (const char c : value.view()) {
    const auto byte = static_cast<uint8_t>(c);
    text_[at++] = digits[byte >> 4];
    text_[at++] = digits[byte & 15];
  }
  return true;
}

bool Writer::Verb(const Value& value, char verb, int precision) {
  switch (verb) {
    case 's':
      return Plain(value);
    case 'd':
      if (value.is(Kind::kDouble)) return Shortest(value.real);
      return Whole(value, "{}");
    case 'f':
    case 'e':
      return Real(value, verb, precision);
    case 'b':
      return value.is(Kind::kBool) ? Append(value.boolean ? "1" : "0") : Whole(value, "{:b}");
    case 'o':
      return Whole(value, "{:o}");
    case 'x':
    case 'X':
      return Hex(value, verb == 'X');
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
  Writer writer(frame);
  uint32_t next = 0;
  for (size_t at = 0; at < format.size(); ++at) {
    const size_t clause = std::min(format.find('%', at), format.size());
    if (clause > at && !writer.Append(format.substr(at, clause - at))) break;
    at = clause;
    if (at == format.size()) break;
    if (++at < format.size() && format[at] == '%') {
      if (!writer.Append("%")) break;
      continue;
    }
    const int precision = Precision(format, at);
    if (precision < 0 || at >= format.size()) return frame.Fail("could not parse formatting clause");
    if (next >= args[1].size)
      return frame.Fail("index out of range: the format has more clauses than there are values");
    const Value& value = args[1].items[next++];
    if (writer.Verb(value, format[at], precision)) continue;
    if (writer.stopped() || writer.too_long()) break;
    return frame.FailText(fmt::format("error during formatting: %{} does not take a {}", format[at], TypeName(value)));
  }
  if (writer.stopped()) return frame.Stopped();
  if (writer.too_long()) return frame.Fail("the formatted text is too long");
  return frame.NewString(writer.text());
}

}  // namespace smallbiznis::cel
