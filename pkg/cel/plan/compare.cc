// == != < <= > >= in
#include "pkg/cel/value/compare.h"

#include <fmt/format.h>

#include <algorithm>

#include "pkg/cel/plan/ops.h"
#include "pkg/cel/value/money.h"

namespace smallbiznis::cel {
namespace {

inline bool Both(const Node& node, Frame& frame, Value& a, Value& b) {
  frame.Charge(1);
  a = Fetch(*node.a, frame);
  b = Fetch(*node.b, frame);
  return !a.is_abnormal() && !b.is_abnormal();
}

inline Value Equality(const Node& node, Frame& frame, bool same) {
  Value a, b;
  if (!Both(node, frame, a, b)) return Merge(frame, a, b);
  if (a.is(Kind::kInt) && b.is(Kind::kInt)) return Value::Bool((a.integer == b.integer) == same);
  if (a.is(Kind::kString) && b.is(Kind::kString)) {
    frame.Charge(std::min(a.size, b.size) / 10);
    return Value::Bool((a.view() == b.view()) == same);
  }
  if (a.is(Kind::kMoney) && b.is(Kind::kMoney) && a.size != b.size) return CheckCurrencies(node, frame, a, b);
  const bool equal = Equal(frame, a, b);
  return frame.cost_left < 0 ? Placed(node, frame.Stopped()) : Value::Bool(equal == same);
}

enum class Test { kLess, kLessEqual, kGreater, kGreaterEqual };

template <Test test, typename T>
bool Holds(const T& a, const T& b) {
  if constexpr (test == Test::kLess) return a < b;
  if constexpr (test == Test::kLessEqual) return a <= b;
  if constexpr (test == Test::kGreater) return a > b;
  return a >= b;
}

template <Test test>
Value Ordering(const Node& node, Frame& frame) {
  Value a, b;
  if (!Both(node, frame, a, b)) return Merge(frame, a, b);
  if (a.is(Kind::kInt) && b.is(Kind::kInt)) return Value::Bool(Holds<test>(a.integer, b.integer));
  if (a.is(Kind::kString) || a.is(Kind::kBytes)) {
    if (!frame.Spend(std::min(a.size, b.size) / 10)) return Placed(node, frame.Stopped());
  }
  const Order order = Compare(a, b);
  if (order == Order::kMismatch) {
    const Value error = CheckCurrencies(node, frame, a, b);
    return error.is_abnormal() ? error : NoOverloadAt(node, frame);
  }
  return Value::Bool(order != Order::kUnordered && Holds<test>(static_cast<int>(order), 0));
}

}  // namespace

Value CheckCurrencies(const Node& node, Frame& frame, const Value& a, const Value& b) {
  if (!a.is(Kind::kMoney) || !b.is(Kind::kMoney) || a.size == b.size) return Value::Null();
  return FailTextAt(node, frame,
                    fmt::format("different currencies: {} and {}", CurrencyCode(a.size), CurrencyCode(b.size)));
}

Value EvalEqual(const Node& node, Frame& frame) {
  return Equality(node, frame, true);
}
Value EvalNotEqual(const Node& node, Frame& frame) {
  return Equality(node, frame, false);
}
Value EvalLess(const Node& node, Frame& frame) {
  return Ordering<Test::kLess>(node, frame);
}
Value EvalLessEqual(const Node& node, Frame& frame) {
  return Ordering<Test::kLessEqual>(node, frame);
}
Value EvalGreater(const Node& node, Frame& frame) {
  return Ordering<Test::kGreater>(node, frame);
}
Value EvalGreaterEqual(const Node& node, Frame& frame) {
  return Ordering<Test::kGreaterEqual>(node, frame);
}

Value EvalIn(const Node& node, Frame& frame) {
  Value a, b;
  if (!Both(node, frame, a, b)) return Merge(frame, a, b);
  if (b.is(Kind::kMap)) {
    frame.Charge(KeyCost(a));
    return Value::Bool(Find(*b.map, a) != nullptr);
  }
  if (!b.is(Kind::kList)) return NoOverloadAt(node, frame);
  for (uint32_t i = 0; i < b.size; ++i) {
    if (!frame.Loop(1)) return Placed(node, frame.Stopped());
    if (Equal(frame, a, b.items[i])) return Value::Bool(true);
  }
  return frame.cost_left < 0 ? Placed(node, frame.Stopped()) : Value::Bool(false);
}

Value EvalInSet(const Node& node, Frame& frame) {
  frame.Charge(1);
  const Value a = Fetch(*node.a, frame);
  if (a.is_abnormal()) return a;
  frame.Charge(KeyCost(a));
  return Value::Bool(Find(*node.constant.map, a) != nullptr);
}

}  // namespace smallbiznis::cel
