#include "pkg/rpc/json/number.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "pkg/rpc/json/reader.h"

namespace smallbiznis::rpc::json {
namespace {

struct Whole {
  bool negative = false;
  uint64_t magnitude = 0;
};

// The exponent of `text` ("e-12"), held to a range in which the sums below cannot overflow.
int64_t ParseExponent(std::string_view text) {
  const bool negative = text[1] == '-';
  const std::string_view digits = text.substr(negative || text[1] == '+' ? 2 : 1);
  int64_t value = 0;
  for (const char c : digits) value = std::min<int64_t>(value * 10 + (c - '0'), 1'000'000'000'000);
  return negative ? -value : value;
}

// A number with a fraction or an exponent. `text` has JSON's grammar and no sign.
NumberFault ParseScientific(std::string_view text, uint64_t* out) {
  const size_t exponent_at = text.find_first_of("eE");
  std::string_view mantissa = text.substr(0, exponent_at);
  int64_t exponent = exponent_at == std::string_view::npos ? 0 : ParseExponent(text.substr(exponent_at));
  std::string digits;
  if (const size_t point = mantissa.find('.'); point != std::string_view::npos) {
    digits.append(mantissa.substr(0, point)).append(mantissa.substr(point + 1));
    exponent -= static_cast<int64_t>(mantissa.size() - point - 1);
  } else {
    digits.append(mantissa);
  }
  const size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) {
    *out = 0;
    return NumberFault::kNone;
  }
  const size_t last = digits.find_last_not_of('0');
  exponent += static_cast<int64_t>(digits.size() - 1 - last);
  digits = digits.substr(first, last - first + 1);
  if (exponent < 0) return NumberFault::kFraction;
  if (static_cast<int64_t>(digits.size()) + exponent > 20) return NumberFault::kOutOfRange;
  digits.append(exponent, '0');
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *out);
  return error == std::errc() ? NumberFault::kNone : NumberFault::kOutOfRange;
}

NumberFault ParseWhole(std::string_view text, Whole* out) {
  if (!IsNumber(text)) return NumberFault::kNotANumber;
  out->negative = text[0] == '-';
  if (out->negative) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out->magnitude);
  if (end != text.data() + text.size()) return ParseScientific(text, &out->magnitude);
  return error == std::errc() ? NumberFault::kNone : NumberFault::kOutOfRange;
}

template <class Int>
NumberFault ParseSigned(std::string_view text, Int* out) {
  Whole whole;
  if (const NumberFault fault = ParseWhole(text, &whole); fault != NumberFault::kNone) return fault;
  const uint64_t limit = static_cast<uint64_t>(std::numeric_limits<Int>::max()) + (whole.negative ? 1 : 0);
  if (whole.magnitude > limit) return NumberFault::kOutOfRange;
  *out = static_cast<Int>(whole.negative ? 0 - whole.magnitude : whole.magnitude);
  return NumberFault::kNone;
}

template <class Int>
NumberFault ParseUnsigned(std::string_view text, Int* out) {
  Whole whole;
  if (const NumberFault fault = ParseWhole(text, &whole); fault != NumberFault::kNone) return fault;
  if (whole.magnitude > std::numeric_limits<Int>::max() || (whole.negative && whole.magnitude != 0)) {
    return NumberFault::kOutOfRange;
  }
  *out = static_cast<Int>(whole.magnitude);
  return NumberFault::kNone;
}

// std::from_chars reports what is too large and what is too small alike, so the place of the first digit decides.
bool IsTiny(std::string_view text) {
  if (text[0] == '-') text.remove_prefix(1);
  const size_t exponent_at = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, exponent_at);
  int64_t magnitude = exponent_at == std::string_view::npos ? 0 : ParseExponent(text.substr(exponent_at));
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  const size_t first = mantissa.find_first_not_of("0.");
  if (first == std::string_view::npos) return true;
  magnitude += static_cast<int64_t>(point) - static_cast<int64_t>(first);
  return magnitude < 0;
}

template <class Real>
NumberFault ParseRealAs(std::string_view text, Real* out) {
  if (!IsNumber(text)) return NumberFault::kNotANumber;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  if (error == std::errc()) return NumberFault::kNone;
  if (!IsTiny(text)) return NumberFault::kOutOfRange;
  *out = text[0] == '-' ? Real{-0.0} : Real{0};
  return NumberFault::kNone;
}

template <class Number>
void AppendNumber(Number value, std::string* out) {
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  out->append(buffer, end - buffer);
}

template <class Real>
void AppendRealAs(Real value, std::string* out) {
  if (std::isnan(value)) {
    out->append("\"NaN\"");
  } else if (std::isinf(value)) {
    out->append(value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
  } else {
    AppendNumber(value, out);
  }
}

}  // namespace

NumberFault ParseInteger(std::string_view text, int64_t* out) {
  return ParseSigned(text, out);
}
NumberFault ParseInteger(std::string_view text, uint64_t* out) {
  return ParseUnsigned(text, out);
}
NumberFault ParseInteger(std::string_view text, int32_t* out) {
  return ParseSigned(text, out);
}
NumberFault ParseInteger(std::string_view text, uint32_t* out) {
  return ParseUnsigned(text, out);
}
NumberFault ParseReal(std::string_view text, double* out) {
  return ParseRealAs(text, out);
}
NumberFault ParseReal(std::string_view text, float* out) {
  return ParseRealAs(text, out);
}
void AppendInteger(int64_t value, std::string* out) {
  AppendNumber(value, out);
}
void AppendInteger(uint64_t value, std::string* out) {
  AppendNumber(value, out);
}
void AppendReal(double value, std::string* out) {
  AppendRealAs(value, out);
}
void AppendReal(float value, std::string* out) {
  AppendRealAs(value, out);
}

}  // namespace smallbiznis::rpc::json
