// int(), uint(), double(), string(), bytes(), bool(), timestamp(), duration().
#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "absl/strings/charconv.h"
#include "pkg/cel/lib/function.h"
#include "pkg/cel/lib/text.h"
#include "pkg/cel/syntax/lexer.h"
#include "pkg/cel/value/show.h"
#include "pkg/cel/value/times.h"
#include "pkg/status/status.h"

namespace smallbiznis::cel {
namespace {

constexpr std::string_view kRange = "range error: the number does not fit";
constexpr double kIntEnd = 9223372036854775808.0;
constexpr double kUintEnd = 18446744073709551616.0;

Value Same(Frame&, const Value* args) {
  return args[0];
}

template <typename T>
bool ParseWhole(std::string_view text, T& number) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

Value Bad(Frame& frame, std::string_view type, const Value& text) {
  frame.Charge(kLongConversionCost);
  return frame.FailText(fmt::format("Type conversion error: {} is no {}", Show(text, 60), type));
}

Value IntOfUint(Frame& frame, const Value* args) {
  return args[0].natural > INT64_MAX ? frame.Fail(kRange) : Value::Int(static_cast<int64_t>(args[0].natural));
}
Value IntOfDouble(Frame& frame, const Value* args) {
  const double d = args[0].real;
  return !(d > -kIntEnd && d < kIntEnd) ? frame.Fail(kRange) : Value::Int(static_cast<int64_t>(d));
}
Value IntOfString(Frame& frame, const Value* args) {
  int64_t number = 0;
  return ParseWhole(args[0].view(), number) ? Value::Int(number) : Bad(frame, "int", args[0]);
}
Value IntOfTimestamp(Frame&, const Value* args) {
  return Value::Int(args[0].integer);
}

Value UintOfInt(Frame& frame, const Value* args) {
  return args[0].integer < 0 ? frame.Fail(kRange) : Value::Uint(static_cast<uint64_t>(args[0].integer));
}
Value UintOfDouble(Frame& frame, const Value* args) {
  const double d = args[0].real;
  return !(d >= 0 && d < kUintEnd) ? frame.Fail(kRange) : Value::Uint(static_cast<uint64_t>(d));
}
Value UintOfString(Frame& frame, const Value* args) {
  uint64_t number = 0;
  return ParseWhole(args[0].view(), number) ? Value::Uint(number) : Bad(frame, "uint", args[0]);
}

Value DoubleOfInt(Frame&, const Value* args) {
  return Value::Double(static_cast<double>(args[0].integer));
}
Value DoubleOfUint(Frame&, const Value* args) {
  return Value::Double(static_cast<double>(args[0].natural));
}
Value DoubleOfString(Frame& frame, const Value* args) {
  frame.Charge(kConversionCost);
  std::string_view text = args[0].view();
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  double number = 0;
  const auto parsed = absl::from_chars(text.data(), text.data() + text.size(), number);
  const bool all = !text.empty() && parsed.ptr == text.data() + text.size() && parsed.ec == std::errc();
  // Only of what is a number, which hexadecimal ones are not here: others may be long, and end early.
  const bool decimal = all && text.find_first_of("xX") == std::string_view::npos;
  return decimal ? Value::Double(number) : Bad(frame, "double", args[0]);
}

Value StringOfBool(Frame&, const Value* args) {
  return Value::String(args[0].boolean ? "true" : "false");
}
Value StringOfInt(Frame& frame, const Value* args) {
  return frame.NewString(fmt::to_string(args[0].integer));
}
Value StringOfUint(Frame& frame, const Value* args) {
  return frame.NewString(fmt::to_string(args[0].natural));
}
Value StringOfDouble(Frame& frame, const Value* args) {
  frame.Charge(kConversionCost);
  return frame.NewString(ShowDouble(args[0].real));
}
Value StringOfBytes(Frame& frame, const Value* args) {
  if (!frame.Spend(args[0].size / 10)) return frame.Stopped();
  return IsUtf8(args[0].view()) ? Value::String(args[0].view())
                                : frame.Fail("invalid UTF-8 in bytes, cannot be a string");
}
Value StringOfTimestamp(Frame& frame, const Value* args) {
  frame.Charge(kLongConversionCost);
  return frame.NewString(FormatTimestamp(args[0]));
}
Value StringOfDuration(Frame& frame, const Value* args) {
  frame.Charge(kLongConversionCost);
  return frame.NewString(FormatDuration(args[0]));
}

Value BytesOfString(Frame&, const Value* args) {
  return Value::Bytes(args[0].view());
}

Value BoolOfString(Frame& frame, const Value* args) {
  for (const std::string_view yes : {"true", "True", "TRUE", "t", "T", "1"}) {
    if (args[0].view() == yes) return Value::Bool(true);
  }
  for (const std::string_view no : {"false", "False", "FALSE", "f", "F", "0"}) {
    if (args[0].view() == no) return Value::Bool(false);
  }
  return Bad(frame, "bool", args[0]);
}

Value TimestampOfString(Frame& frame, const Value* args) {
  frame.Charge(kLongConversionCost);
  const std::optional<Value> timestamp = ParseTimestamp(args[0].view());
  return timestamp ? *timestamp : Bad(frame, "timestamp in the range of the years 1 to 9999", args[0]);
}
Value TimestampOfInt(Frame& frame, const Value* args) {
  const bool fits = args[0].integer >= kLeastSecond && args[0].integer <= kMostSecond;
  return fits ? Value::Timestamp(args[0].integer, 0) : frame.Fail("range error: timestamp out of range");
}
Value DurationOfString(Frame& frame, const Value* args) {
  frame.Charge(kLongConversionCost);
  const std::optional<Value> duration = ParseDuration(args[0].view());
  return duration ? *duration : Bad(frame, "duration in range", args[0]);
}

constexpr LibraryRow kConversions[] = {
    {"bool(bool) -> bool", Same},
    {"bool(string) -> bool", BoolOfString},
    {"bytes(bytes) -> bytes", Same},
    {"bytes(string) -> bytes", BytesOfString},
    {"double(double) -> double", Same},
    {"double(int) -> double", DoubleOfInt},
    {"double(uint) -> double", DoubleOfUint},
    {"double(string) -> double", DoubleOfString},
    {"duration(duration) -> duration", Same},
    {"duration(string) -> duration", DurationOfString},
    {"int(int) -> int", Same},
    {"int(uint) -> int", IntOfUint},
    {"int(double) -> int", IntOfDouble},
    {"int(string) -> int", IntOfString},
    {"int(timestamp) -> int", IntOfTimestamp},
    {"string(string) -> string", Same},
    {"string(bool) -> string", StringOfBool},
    {"string(int) -> string", StringOfInt},
    {"string(uint) -> string", StringOfUint},
    {"string(double) -> string", StringOfDouble},
    {"string(bytes) -> string", StringOfBytes},
    {"string(timestamp) -> string", StringOfTimestamp},
    {"string(duration) -> string", StringOfDuration},
    {"timestamp(timestamp) -> timestamp", Same},
    {"timestamp(string) -> timestamp", TimestampOfString},
    {"timestamp(int) -> timestamp", TimestampOfInt},
    {"uint(uint) -> uint", Same},
    {"uint(int) -> uint", UintOfInt},
    {"uint(double) -> uint", UintOfDouble},
    {"uint(string) -> uint", UintOfString},
};

}  // namespace

absl::Status AddConversions(Functions& functions) {
  return functions.AddAll(kConversions);
}

}  // namespace smallbiznis::cel
