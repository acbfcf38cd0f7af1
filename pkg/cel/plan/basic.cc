// Leaves, logic and calls.
#include <fmt/format.h>
#include <re2/re2.h>

#include "pkg/cel/lib/regex.h"
#include "pkg/cel/plan/ops.h"

namespace smallbiznis::cel {

Value Placed(const Node& node, Value value) {
  if (value.is(Kind::kError) && value.error->expr_id == 0) value.error->expr_id = node.expr->id;
  return value;
}

Value FailAt(const Node& node, Frame& frame, std::string_view message) {
  return Placed(node, frame.Fail(message));
}

Value FailTextAt(const Node& node, Frame& frame, std::string_view message) {
  return Placed(node, frame.FailText(message));
}

Value EvalConstant(const Node& node, Frame& frame) {
  frame.Charge(node.cost);
  return node.constant;
}

Value EvalVariable(const Node& node, Frame& frame) {
  frame.Charge(1);
  const Value& value = frame.variables[node.slot];
  if (value.is(Kind::kUnset)) return FailTextAt(node, frame, fmt::format("no such attribute: {}", node.expr->name));
  return value;
}

Value EvalLocal(const Node& node, Frame& frame) {
  frame.Charge(1);
  return frame.locals[node.slot];
}

Value EvalLazy(const Node& node, Frame& frame) {
  frame.Charge(1);
  if (frame.locals[node.slot].is(Kind::kUnset)) {
    // A chain of bound values is as deep as all of them together, and the stack is not endless.
    constexpr int kDeepest = 5000;
    const int depth = node.a->expr->depth;
    if (frame.depth + depth > kDeepest) return FailAt(node, frame, "evaluation recursion limit exceeded");
    frame.depth += depth;
    const Value value = Run(*node.a, frame);
    frame.depth -= depth;
    frame.locals[node.slot] = value;
  }
  return frame.locals[node.slot];
}

Value EvalUnresolved(const Node& node, Frame& frame) {
  return FailTextAt(node, frame,
                    node.expr->kind == ExprKind::kCall ? fmt::format("unbound function: {}", node.expr->name)
                                                       : fmt::format("undeclared reference to '{}'", node.expr->name));
}

Value EvalTraced(const Node& node, Frame& frame) {
  const Value value = Run(*node.a, frame);
  constexpr size_t kMostSteps = 10'000;
  if (frame.trace->size() < kMostSteps) frame.trace->push_back({node.expr->id, value});
  return value;
}

namespace {

// a || b || ...: `decisive` ends it, whatever the others are; without it what is no bool is the result.
template <bool decisive>
Value Logic(const Node& node, Frame& frame) {
  frame.Charge(1);
  Value pending = Value::Bool(!decisive);
  for (const Node* arg : node.args) {
    Value value = Fetch(*arg, frame);
    if (value.is(Kind::kBool)) {
      if (value.boolean == decisive) return value;
      continue;
    }
    if (!value.is_abnormal()) value = NoOverloadAt(node, frame);
    if (value.is(Kind::kError) && value.error->fatal) return value;
    pending = pending.is(Kind::kBool) ? value : Merge(frame, pending, value);
  }
  return pending;
}

}  // namespace

Value EvalAnd(const Node& node, Frame& frame) {
  return Logic<false>(node, frame);
}

Value EvalOr(const Node& node, Frame& frame) {
  return Logic<true>(node, frame);
}

Value EvalNot(const Node& node, Frame& frame) {
  frame.Charge(1);
  const Value value = Fetch(*node.a, frame);
  if (value.is(Kind::kBool)) return Value::Bool(!value.boolean);
  return value.is_abnormal() ? value : NoOverloadAt(node, frame);
}

Value EvalConditional(const Node& node, Frame& frame) {
  frame.Charge(1);
  const Value condition = Fetch(*node.a, frame);
  if (condition.is(Kind::kBool)) return Fetch(condition.boolean ? *node.b : *node.c, frame);
  return condition.is_abnormal() ? condition : NoOverloadAt(node, frame);
}

Value EvalCall(const Node& node, Frame& frame) {
  constexpr size_t kMost = 16;
  alignas(Value) char room[kMost * sizeof(Value)];  // only what is used is written
  auto* args = reinterpret_cast<Value*>(room);
  frame.Charge(1);
  const size_t count = node.args.size();
  Value abnormal;
  for (size_t i = 0; i < count; ++i) {
    args[i] = Fetch(*node.args[i], frame);
    if (args[i].is_abnormal()) abnormal = abnormal.is_abnormal() ? Merge(frame, abnormal, args[i]) : args[i];
  }
  if (abnormal.is_abnormal()) return abnormal;
  if (frame.cost_left < 0) return Placed(node, frame.Stopped());
  for (const Overload* overload : node.overloads) {
    if (!overload->Accepts(args, count)) continue;
    return Placed(node,
                  overload->function != nullptr ? overload->function(frame, args) : overload->custom(frame, args));
  }
  return NoOverloadAt(node, frame);
}

Value EvalOptionalOr(const Node& node, Frame& frame) {
  frame.Charge(1);
  const Value optional = Fetch(*node.a, frame);
  if (optional.is_abnormal()) return optional;
  if (!optional.is(Kind::kOptional)) return NoOverloadAt(node, frame);
  const bool value_wanted = node.expr->name == "orValue";
  if (optional.items != nullptr) return value_wanted ? *optional.items : optional;
  const Value other = Fetch(*node.b, frame);
  if (!value_wanted && !other.is_abnormal() && !other.is(Kind::kOptional)) return NoOverloadAt(node, frame);
  return other;
}

Value EvalMatches(const Node& node, Frame& frame) {
  frame.Charge(1);
  const Value text = Fetch(*node.a, frame);
  if (text.is_abnormal()) return text;
  if (!text.is(Kind::kString)) return NoOverloadAt(node, frame);
  if (!PayMatch(frame, *node.regex, text.size)) return Placed(node, frame.Stopped());
  return Value::Bool(
      node.regex->Match(re2::StringPiece(text.text, text.size), 0, text.size, RE2::UNANCHORED, nullptr, 0));
}

}  // namespace smallbiznis::cel
