// The extension library of mathematics.
#include <cmath>
#include <string>

#include "pkg/cel/lib/function.h"
#include "pkg/cel/value/compare.h"
#include "pkg/status/status.h"

namespace smallbiznis::cel {
namespace {

template <Order wanted>
Value Extreme(Frame& frame, const Value& a, const Value& b) {
  const Order order = Compare(b, a);
  if (order == Order::kUnordered) return frame.Fail("NaN has no order");
  return order == wanted ? b : a;
}

Value One(Frame&, const Value* args) {
  return args[0];
}
template <Order wanted>
Value OfTwo(Frame& frame, const Value* args) {
  return Extreme<wanted>(frame, args[0], args[1]);
}
template <Order wanted>
Value OfList(Frame& frame, const Value* args) {
  if (args[0].size == 0) return frame.Fail("math.greatest and math.least take a list that is not empty");
  Value best = args[0].items[0];
  if (!best.is_number()) return frame.NoOverload();
  for (uint32_t i = 1; i < args[0].size; ++i) {
    if (!frame.Loop(1)) return frame.Stopped();
    if (!args[0].items[i].is_number()) return frame.NoOverload();
    best = Extreme<wanted>(frame, best, args[0].items[i]);
    if (best.is(Kind::kError)) return best;
  }
  return best;
}

template <double (*function)(double)>
Value OnDouble(Frame&, const Value* args) {
  return Value::Double(function(args[0].real));
}
template <bool (*function)(double)>
Value TestDouble(Frame&, const Value* args) {
  return Value::Bool(function(args[0].real));
}
bool IsNan(double d) {
  return std::isnan(d);
}
bool IsInf(double d) {
  return std::isinf(d);
}
bool IsFinite(double d) {
  return std::isfinite(d);
}

Value AbsInt(Frame& frame, const Value* args) {
  if (args[0].integer == INT64_MIN) return frame.Fail("range error: integer overflow");
  return Value::Int(std::abs(args[0].integer));
}
Value SignInt(Frame&, const Value* args) {
  return Value::Int((args[0].integer > 0) - (args[0].integer < 0));
}
Value SignUint(Frame&, const Value* args) {
  return Value::Uint(args[0].natural > 0 ? 1 : 0);
}
Value SignDouble(Frame&, const Value* args) {
  const double d = args[0].real;
  return Value::Double(d > 0 ? 1 : d < 0 ? -1 : d == 0 ? 0 : d);  // -0.0 has no sign
}
Value SqrtInt(Frame&, const Value* args) {
  return Value::Double(std::sqrt(static_cast<double>(args[0].integer)));
}
Value SqrtUint(Frame&, const Value* args) {
  return Value::Double(std::sqrt(static_cast<double>(args[0].natural)));
}

// `value` with other bits; its type stays.
Value WithBits(Value value, uint64_t bits) {
  value.natural = bits;
  return value;
}
Value BitAnd(Frame&, const Value* args) {
  return WithBits(args[0], args[0].natural & args[1].natural);
}
Value BitOr(Frame&, const Value* args) {
  return WithBits(args[0], args[0].natural | args[1].natural);
}
Value BitXor(Frame&, const Value* args) {
  return WithBits(args[0], args[0].natural ^ args[1].natural);
}
Value BitNot(Frame&, const Value* args) {
  return WithBits(args[0], ~args[0].natural);
}
template <bool left>
Value Shift(Frame& frame, const Value* args) {
  const int64_t by = args[1].integer;
  if (by < 0) return frame.Fail("math.bitShift: negative offset");
  if (by > 63) return WithBits(args[0], 0);
  return WithBits(args[0], left ? args[0].natural << by : args[0].natural >> by);
}

constexpr LibraryRow kMathRows[] = {
    {"math.ceil(double) -> double", OnDouble<std::ceil>},
    {"math.floor(double) -> double", OnDouble<std::floor>},
    {"math.round(double) -> double", OnDouble<std::round>},
    {"math.trunc(double) -> double", OnDouble<std::trunc>},
    {"math.abs(double) -> double", OnDouble<std::fabs>},
    {"math.abs(int) -> int", AbsInt},
    {"math.abs(uint) -> uint", One},
    {"math.sign(double) -> double", SignDouble},
    {"math.sign(int) -> int", SignInt},
    {"math.sign(uint) -> uint", SignUint},
    {"math.sqrt(double) -> double", OnDouble<std::sqrt>},
    {"math.sqrt(int) -> double", SqrtInt},
    {"math.sqrt(uint) -> double", SqrtUint},
    {"math.isNaN(double) -> bool", TestDouble<IsNan>},
    {"math.isInf(double) -> bool", TestDouble<IsInf>},
    {"math.isFinite(double) -> bool", TestDouble<IsFinite>},
    {"math.bitAnd(int, int) -> int", BitAnd},
    {"math.bitAnd(uint, uint) -> uint", BitAnd},
    {"math.bitOr(int, int) -> int", BitOr},
    {"math.bitOr(uint, uint) -> uint", BitOr},
    {"math.bitXor(int, int) -> int", BitXor},
    {"math.bitXor(uint, uint) -> uint", BitXor},
    {"math.bitNot(int) -> int", BitNot},
    {"math.bitNot(uint) -> uint", BitNot},
    {"math.bitShiftLeft(int, int) -> int", Shift<true>},
    {"math.bitShiftLeft(uint, int) -> uint", Shift<true>},
    {"math.bitShiftRight(int, int) -> int", Shift<false>},
    {"math.bitShiftRight(uint, int) -> uint", Shift<false>},
};

template <Order wanted>
absl::Status AddExtreme(Functions& functions, const std::string& name) {
  const std::string types[] = {"int", "uint", "double"};
  for (const std::string& a : types) {
    RETURN_IF_ERROR(functions.Add(name + "(" + a + ") -> " + a, One));
    RETURN_IF_ERROR(functions.Add(name + "(list(" + a + ")) -> " + a, OfList<wanted>));
    for (const std::string& b : types) {
      RETURN_IF_ERROR(functions.Add(name + "(" + a + ", " + b + ") -> " + (a == b ? a : "dyn"), OfTwo<wanted>));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status AddMath(Functions& functions) {
  RETURN_IF_ERROR(AddExtreme<Order::kGreater>(functions, "math.greatest"));
  RETURN_IF_ERROR(AddExtreme<Order::kLess>(functions, "math.least"));
  return functions.AddAll(kMathRows);
}

}  // namespace smallbiznis::cel
