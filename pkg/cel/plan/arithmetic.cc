// + - * / % and the sign.
#include <cmath>

#include "pkg/cel/plan/ops.h"
#include "pkg/cel/value/times.h"

namespace smallbiznis::cel {
namespace {

constexpr std::string_view kOverflow = "range error: integer overflow";
constexpr std::string_view kMoneyOverflow = "range error: the amount of money does not fit";
constexpr std::string_view kTimeOverflow = "range error: timestamp or duration out of range";

// Evaluates both operands; false when `result` is what they come to already.
inline bool Both(const Node& node, Frame& frame, Value& a, Value& b, Value& result) {
  frame.Charge(1);
  a = Fetch(*node.a, frame);
  b = Fetch(*node.b, frame);
  if (!a.is_abnormal() && !b.is_abnormal()) return true;
  result = Merge(frame, a, b);
  return false;
}

Value Concatenate(const Node& node, Frame& frame, const Value& a, const Value& b) {
  const uint64_t size = uint64_t{a.size} + b.size;
  if (size > UINT32_MAX || !frame.Spend(static_cast<int64_t>(size / 10))) return Placed(node, frame.Stopped());
  char* joined = static_cast<char*>(frame.Allocate(size));
  if (joined == nullptr) return Placed(node, frame.Stopped());
  if (a.size > 0) std::memcpy(joined, a.text, a.size);
  if (b.size > 0) std::memcpy(joined + a.size, b.text, b.size);
  const std::string_view text(joined, size);
  return a.is(Kind::kString) ? Value::String(text) : Value::Bytes(text);
}

Value ConcatenateLists(const Node& node, Frame& frame, const Value& a, const Value& b) {
  const uint64_t size = uint64_t{a.size} + b.size;
  if (size > UINT32_MAX || !frame.Spend(static_cast<int64_t>(size))) return Placed(node, frame.Stopped());
  auto* items = frame.NewArray<Value>(size);
  if (items == nullptr) return Placed(node, frame.Stopped());
  std::copy(a.items, a.items + a.size, items);
  std::copy(b.items, b.items + b.size, items + a.size);
  return Value::List(items, static_cast<uint32_t>(size));
}

// a + b or a - b of one currency.
Value Amounts(const Node& node, Frame& frame, const Value& a, const Value& b, bool add) {
  if (const Value error = CheckCurrencies(node, frame, a, b); error.is_abnormal()) return error;
  int64_t result = 0;
  const bool overflow = add ? __builtin_add_overflow(a.integer, b.integer, &result)
                            : __builtin_sub_overflow(a.integer, b.integer, &result);
  return overflow ? FailAt(node, frame, kMoneyOverflow) : Value::Money(result, a.size);
}

Value Shift(const Node& node, Frame& frame, const Value& timestamp, int64_t nanos) {
  const __int128 total = static_cast<__int128>(timestamp.integer) * kNanosPerSecond + timestamp.size + nanos;
  __int128 seconds = total / kNanosPerSecond;
  __int128 rest = total % kNanosPerSecond;
  if (rest < 0) {
    rest += kNanosPerSecond;
    --seconds;
  }
  if (seconds < kLeastSecond || seconds > kMostSecond) return FailAt(node, frame, kTimeOverflow);
  return Value::Timestamp(static_cast<int64_t>(seconds), static_cast<uint32_t>(rest));
}

Value Between(const Node& node, Frame& frame, const Value& a, const Value& b) {
  const __int128 nanos = (static_cast<__int128>(a.integer) - b.integer) * kNanosPerSecond +
                         (static_cast<int64_t>(a.size) - static_cast<int64_t>(b.size));
  if (nanos > INT64_MAX || nanos < INT64_MIN) return FailAt(node, frame, kTimeOverflow);
  return Value::Duration(static_cast<int64_t>(nanos));
}

}  // namespace

Value EvalAdd(const Node& node, Frame& frame) {
  Value a, b, result;
  if (!Both(node, frame, a, b, result)) return result;
  int64_t sum = 0;
  uint64_t natural = 0;
  if (a.is(Kind::kTimestamp) && b.is(Kind::kDuration)) return Shift(node, frame, a, b.integer);
  if (a.is(Kind::kDuration) && b.is(Kind::kTimestamp)) return Shift(node, frame, b, a.integer);
  if (a.kind != b.kind) return NoOverloadAt(node, frame);
  if (a.is(Kind::kInt)) {
    if (__builtin_add_overflow(a.integer, b.integer, &sum)) return FailAt(node, frame, kOverflow);
    return Value::Int(sum);
  }
  if (a.is(Kind::kDouble)) return Value::Double(a.real + b.real);
  if (a.is(Kind::kUint)) {
    if (__builtin_add_overflow(a.natural, b.natural, &natural)) return FailAt(node, frame, kOverflow);
    return Value::Uint(natural);
  }
  if (a.is(Kind::kString) || a.is(Kind::kBytes)) return Concatenate(node, frame, a, b);
  if (a.is(Kind::kList)) return ConcatenateLists(node, frame, a, b);
  if (a.is(Kind::kMoney)) return Amounts(node, frame, a, b, true);
  if (!a.is(Kind::kDuration)) return NoOverloadAt(node, frame);
  if (__builtin_add_overflow(a.integer, b.integer, &sum)) return FailAt(node, frame, kTimeOverflow);
  return Value::Duration(sum);
}

Value EvalSubtract(const Node& node, Frame& frame) {
  Value a, b, result;
  if (!Both(node, frame, a, b, result)) return result;
  int64_t difference = 0;
  uint64_t natural = 0;
  if (a.is(Kind::kTimestamp) && b.is(Kind::kDuration)) {
    if (b.integer == INT64_MIN) return FailAt(node, frame, kTimeOverflow);
    return Shift(node, frame, a, -b.integer);
  }
  if (a.kind != b.kind) return NoOverloadAt(node, frame);
  if (a.is(Kind::kInt)) {
    if (__builtin_sub_overflow(a.integer, b.integer, &difference)) return FailAt(node, frame, kOverflow);
    return Value::Int(difference);
  }
  if (a.is(Kind::kDouble)) return Value::Double(a.real - b.real);
  if (a.is(Kind::kUint)) {
    if (__builtin_sub_overflow(a.natural, b.natural, &natural)) return FailAt(node, frame, kOverflow);
    return Value::Uint(natural);
  }
  if (a.is(Kind::kTimestamp)) return Between(node, frame, a, b);
  if (a.is(Kind::kMoney)) return Amounts(node, frame, a, b, false);
  if (!a.is(Kind::kDuration)) return NoOverloadAt(node, frame);
  if (__builtin_sub_overflow(a.integer, b.integer, &difference)) return FailAt(node, frame, kTimeOverflow);
  return Value::Duration(difference);
}

Value EvalMultiply(const Node& node, Frame& frame) {
  Value a, b, result;
  if (!Both(node, frame, a, b, result)) return result;
  int64_t product = 0;
  uint64_t natural = 0;
  if ((a.is(Kind::kMoney) && b.is(Kind::kInt)) || (a.is(Kind::kInt) && b.is(Kind::kMoney))) {
    if (__builtin_mul_overflow(a.integer, b.integer, &product)) return FailAt(node, frame, kMoneyOverflow);
    return Value::Money(product, a.is(Kind::kMoney) ? a.size : b.size);
  }
  if (a.kind != b.kind) return NoOverloadAt(node, frame);
  if (a.is(Kind::kInt)) {
    if (__builtin_mul_overflow(a.integer, b.integer, &product)) return FailAt(node, frame, kOverflow);
    return Value::Int(product);
  }
  if (a.is(Kind::kDouble)) return Value::Double(a.real * b.real);
  if (!a.is(Kind::kUint)) return NoOverloadAt(node, frame);
  if (__builtin_mul_overflow(a.natural, b.natural, &natural)) return FailAt(node, frame, kOverflow);
  return Value::Uint(natural);
}

Value EvalDivide(const Node& node, Frame& frame) {
  Value a, b, result;
  if (!Both(node, frame, a, b, result)) return result;
  if (a.kind != b.kind) return NoOverloadAt(node, frame);
  if (a.is(Kind::kDouble)) return Value::Double(a.real / b.real);
  if (!a.is(Kind::kInt) && !a.is(Kind::kUint)) return NoOverloadAt(node, frame);
  if (b.natural == 0) return FailAt(node, frame, "divide by zero");
  if (a.is(Kind::kUint)) return Value::Uint(a.natural / b.natural);
  if (a.integer == INT64_MIN && b.integer == -1) return FailAt(node, frame, kOverflow);
  return Value::Int(a.integer / b.integer);
}

Value EvalModulo(const Node& node, Frame& frame) {
  Value a, b, result;
  if (!Both(node, frame, a, b, result)) return result;
  if (a.kind != b.kind || (!a.is(Kind::kInt) && !a.is(Kind::kUint))) return NoOverloadAt(node, frame);
  if (b.natural == 0) return FailAt(node, frame, "modulus by zero");
  if (a.is(Kind::kUint)) return Value::Uint(a.natural % b.natural);
  if (a.integer == INT64_MIN && b.integer == -1) return FailAt(node, frame, kOverflow);
  return Value::Int(a.integer % b.integer);
}

Value EvalNegate(const Node& node, Frame& frame) {
  frame.Charge(1);
  const Value a = Fetch(*node.a, frame);
  if (a.is_abnormal()) return a;
  if (a.is(Kind::kDouble)) return Value::Double(-a.real);
  if (a.is(Kind::kMoney)) return Amounts(node, frame, Value::Money(0, a.size), a, false);
  if (!a.is(Kind::kInt) && !a.is(Kind::kDuration)) return NoOverloadAt(node, frame);
  if (a.integer == INT64_MIN) return FailAt(node, frame, kOverflow);
  return a.is(Kind::kInt) ? Value::Int(-a.integer) : Value::Duration(-a.integer);
}

}  // namespace smallbiznis::cel
