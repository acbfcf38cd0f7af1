// Follows the evaluator node by node: what each charges there is added up here.
#include "pkg/cel/plan/estimate.h"

#include <bit>
#include <unordered_map>

#include "pkg/cel/plan/ops.h"

namespace smallbiznis::cel {
namespace {

constexpr uint32_t kBool = KindBit(Kind::kBool);

struct Estimate {
  Spread cost;
  Shape shape;
};

class Estimator {
 public:
  explicit Estimator(const std::vector<Shape>& variables) : variables_(variables) {}

  Estimate Visit(const Node& node);

 private:
  Estimate Of(const Node& node);
  Estimate Leaf(const Node& node);
  Estimate Logic(const Node& node);
  Estimate Conditional(const Node& node);
  Estimate Comparison(const Node& node);
  Estimate Membership(const Node& node);
  Estimate Arithmetic(const Node& node);
  Estimate Access(const Node& node);
  Estimate ListOf(const Node& node);
  Estimate MapOf(const Node& node);
  Estimate Call(const Node& node);
  Estimate Fold(const Node& node);
  Estimate Each(const Node& node, const Estimate& range);
  Estimate Lazy(const Node& node);
  Estimate Bind(const Node& node);
  Estimate OptionalBody(const Node& node);
  Estimate OptionalOr(const Node& node);
  Estimate Unmeasured(const Node& node);

  Spread Operands(const Node& node);

  int depth_ = 0;
  const std::vector<Shape>& variables_;
  Shapes shapes_;
  std::unordered_map<int32_t, Shape> locals_;
  std::unordered_map<int32_t, Estimate> lazy_;
};

// The cost of one unit for the operator, and of its operands.
Spread Started(const Spread& operands) {
  return Spread{1, 1} + operands;
}

Spread UpTo(int64_t most) {
  return {0, most};
}

Estimate Estimator::Leaf(const Node& node) {
  if (node.operand == Operand::kConstant) return {{node.cost, node.cost}, shapes_.Of(node.constant)};
  if (node.operand == Operand::kLocal) return {{1, 1}, locals_[node.slot]};
  const Shape& shape = variables_[static_cast<size_t>(node.slot)];
  return {{1, shape.fails ? 1 + kErrorCost : 1}, shape};
}

Estimate Estimator::Logic(const Node& node) {
  const bool decisive = node.evaluate == EvalOr;
  Estimate all{{1, 1}, Scalar(kBool)};
  bool may_end = false;
  for (const Node* arg : node.args) {
    const Estimate one = Visit(*arg);
    all.cost.most = Plus(all.cost.most, one.cost.most);
    if (!may_end) all.cost.least = Plus(all.cost.least, one.cost.least);
    const bool is_bool = one.shape.is_only(kBool);
    if (!is_bool) all.cost.most = Plus(all.cost.most, kErrorCost);
    all.shape.fails |= one.shape.fails || !is_bool;
    const bool known = arg->operand == Operand::kConstant && arg->constant.is(Kind::kBool);
    may_end |= !known || arg->constant.boolean == decisive;
  }
  return all;
}

Estimate Estimator::Conditional(const Node& node) {
  const Estimate condition = Visit(*node.a);
  const Estimate yes = Visit(*node.b);
  const Estimate no = Visit(*node.c);
  Spread cost = Started(condition.cost);
  const bool fails = condition.shape.fails || !condition.shape.is_only(kBool);
  cost.most = Plus(cost.most, std::max({yes.cost.most, no.cost.most, fails ? kErrorCost : 0}));
  if (!fails) cost.least = Plus(cost.least, std::min(yes.cost.least, no.cost.least));
  Shape shape = shapes_.Join(yes.shape, no.shape);
  shape.fails |= fails;
  return {cost, shape};
}

// == != < <= > >=
Estimate Estimator::Comparison(const Node& node) {
  const Estimate a = Visit(*node.a);
  const Estimate b = Visit(*node.b);
  const bool equality = node.evaluate == EvalEqual || node.evaluate == EvalNotEqual;
  const bool amounts = a.shape.may_be(KindBit(Kind::kMoney)) && b.shape.may_be(KindBit(Kind::kMoney));
  const bool numbers = a.shape.is_only(kNumberKinds) && b.shape.is_only(kNumberKinds);
  constexpr uint32_t kOrdered =
      kBool | KindBit(Kind::kString) | KindBit(Kind::kBytes) | KindBit(Kind::kTimestamp) | KindBit(Kind::kDuration);
  const bool same = a.shape.kinds == b.shape.kinds && std::popcount(a.shape.kinds) == 1 && a.shape.is_only(kOrdered);
  const bool mismatch = amounts || !(equality || numbers || same);
  const int64_t look = equality ? Shapes::EqualityCost(a.shape, b.shape) : std::min(a.shape.text, b.shape.text) / 10;
  const Spread cost = Started(a.cost + b.cost) + UpTo(Plus(look, mismatch ? kErrorCost : 0));
  return {cost, Scalar(kBool, a.shape.fails || b.shape.fails || mismatch)};
}

Estimate Estimator::Membership(const Node& node) {
  const Estimate a = Visit(*node.a);
  const int64_t keyed = KeyedText(a.shape.text);
  if (node.evaluate == EvalInSet) return {Started(a.cost) + UpTo(keyed), Scalar(kBool, a.shape.fails)};
  const Estimate b = Visit(*node.b);
  const bool collection = b.shape.is_only(KindBit(Kind::kList) | KindBit(Kind::kMap));
  const int64_t each = Plus(1, Shapes::EqualityCost(a.shape, shapes_.Inner(b.shape)));
  const int64_t look = Plus(Plus(Times(b.shape.items, each), keyed), collection ? 0 : kErrorCost);
  return {Started(a.cost + b.cost) + UpTo(look), Scalar(kBool, a.shape.fails || b.shape.fails || !collection)};
}

Spread Estimator::Operands(const Node& node) {
  Spread cost;
  for (const Node* operand : {node.a, node.b, node.c}) {
    if (operand != nullptr) cost = cost + Visit(*operand).cost;
  }
  return cost;
}

// + - * / % and the sign: numbers, times and amounts cost what the operator does; + puts texts and lists together.
Estimate Estimator::Arithmetic(const Node& node) {
  constexpr uint32_t kPlain =
      kNumberKinds | KindBit(Kind::kTimestamp) | KindBit(Kind::kDuration) | KindBit(Kind::kMoney);
  constexpr int64_t kFails = kErrorCost;
  if (node.evaluate != EvalAdd) return {Started(Operands(node)) + UpTo(kFails), Scalar(kPlain, true)};
  const Estimate a = Visit(*node.a);
  const Estimate b = Visit(*node.b);
  Shape sum = Scalar(a.shape.kinds & b.shape.kinds & ~(KindBit(Kind::kMap) | kBool | KindBit(Kind::kOptional)), true);
  if (a.shape.may_be(kPlain) && b.shape.may_be(kPlain)) sum.kinds |= kPlain;
  int64_t look = kFails;
  if (sum.may_be(kTextKinds)) {
    sum.text = Plus(a.shape.text, b.shape.text);
    look = Plus(look, sum.text / 10 + sum.text / 64);
  }
  if (sum.may_be(KindBit(Kind::kList))) {
    const int64_t items = Plus(a.shape.items, b.shape.items);
    look = Plus(look, Plus(items, items / 4));
    const Shape list = shapes_.List(0, items, shapes_.Join(shapes_.Inner(a.shape), shapes_.Inner(b.shape)));
    sum.items = list.items;
    sum.inner = list.inner;
    if (!sum.is_only(Kind::kList)) sum = shapes_.Join(sum, list);
    sum.least_items = sum.is_only(Kind::kList) ? Plus(a.shape.least_items, b.shape.least_items) : 0;
  }
  return {Started(a.cost + b.cost) + UpTo(look), sum};
}

// target.name, target.?name, has(target.name), target[index], target[?index]
Estimate Estimator::Access(const Node& node) {
  const Estimate target = Visit(*node.a);
  Spread operands = target.cost;
  int64_t keyed = node.constant.is(Kind::kString) ? KeyedText(node.constant.size) : 0;
  if (node.b != nullptr) {
    const Estimate index = Visit(*node.b);
    operands = operands + index.cost;
    keyed = KeyedText(index.shape.text);
  }
  if (target.shape.may_be(KindBit(Kind::kMessage))) return {Spread{1, kUnbounded}, Scalar(kEveryKind, true)};
  const Spread cost = Started(operands) + UpTo(kErrorCost + keyed);
  if (node.evaluate == EvalHas) return {cost, Scalar(kBool, true)};
  Shape value = shapes_.Inner(target.shape);
  const bool optional = node.evaluate == EvalOptionalSelect || node.evaluate == EvalOptionalIndex;
  // Of an optional what is inside of it is selected from, and the result is one again.
  if (!target.shape.open && target.shape.may_be(KindBit(Kind::kOptional)))
    value = shapes_.Join(value, shapes_.Inner(value));
  if (optional || target.shape.may_be(KindBit(Kind::kOptional))) {
    Shape wrapped = Scalar(KindBit(Kind::kOptional));
    wrapped.items = 1;
    wrapped.inner = shapes_.Keep(value);
    value = optional ? wrapped : shapes_.Join(value, wrapped);
  }
  value.fails = true;
  return {cost, value};
}

Estimate Estimator::ListOf(const Node& node) {
  const auto size = static_cast<int64_t>(node.args.size());
  Estimate list{{kLiteralCost + size / 4, kLiteralCost + size / 4}, Scalar(0)};
  Shape inner;
  bool may_end = false;
  for (const Node* arg : node.args) {
    Estimate one = Visit(*arg);
    list.cost.most = Plus(list.cost.most, one.cost.most);
    if (!may_end) list.cost.least = Plus(list.cost.least, one.cost.least);
    may_end |= one.shape.fails || node.optionals;
    if (node.optionals) one.shape = shapes_.Join(one.shape, shapes_.Inner(one.shape));
    one.shape.fails = false;
    inner = inner.kinds == 0 ? one.shape : shapes_.Join(inner, one.shape);
  }
  if (node.optionals) list.cost.most = Plus(list.cost.most, kErrorCost);
  list.shape = shapes_.List(node.optionals ? 0 : size, size, inner, may_end);
  return list;
}

Estimate Estimator::MapOf(const Node& node) {
  const auto size = static_cast<int64_t>(node.args.size() / 2);
  const int64_t room = size * static_cast<int64_t>(sizeof(MapEntry)) / 64;
  Estimate map{{kLiteralCost + room + size, kLiteralCost + room + size}, Scalar(KindBit(Kind::kMap), true)};
  Shape inner;
  for (const Node* arg : node.args) {
    Estimate one = Visit(*arg);
    map.cost.most = Plus(map.cost.most, Plus(one.cost.most, KeyedText(one.shape.text)));
    one.shape = shapes_.Join(one.shape, shapes_.Inner(one.shape));  // of an entry preceded by '?'
    one.shape.fails = false;
    inner = inner.kinds == 0 ? one.shape : shapes_.Join(inner, one.shape);
  }
  map.cost.most = Plus(map.cost.most, kErrorCost);
  map.shape.items = size;
  map.shape.inner = shapes_.Keep(inner);
  return map;
}

Estimate Estimator::Call(const Node& node) {
  std::vector<Shape> args;
  Spread cost{1, 1};
  bool fails = false;
  for (const Node* arg : node.args) {
    const Estimate one = Visit(*arg);
    cost = cost + one.cost;
    fails |= one.shape.fails;
    args.push_back(one.shape);
  }
  for (const Overload* overload : node.overloads) {
    if (overload->function == nullptr) return {Spread{cost.least, kUnbounded}, Scalar(kEveryKind, true)};
  }
  const Node* first = node.args.empty() ? nullptr : node.args[0];
  const bool known = first != nullptr && first->operand == Operand::kConstant && first->constant.is(Kind::kInt);
  Applied applied = ApplyFunction(node.expr->name, args, known ? first->constant.integer : -1, shapes_);
  applied.result.fails = true;
  return {cost + Spread{fails ? 0 : applied.least, Plus(applied.most, kErrorCost)}, applied.result};
}

Estimate Estimator::Unmeasured(const Node& node) {
  Spread cost{1, kUnbounded};
  if (node.evaluate == EvalUnresolved) cost = {0, kErrorCost};
  return {cost, Scalar(kEveryKind, true)};
}

Estimate Estimator::Lazy(const Node& node) {
  const auto found = lazy_.find(node.slot);
  const Estimate& bound = found != lazy_.end() ? found->second : lazy_.emplace(node.slot, Visit(*node.a)).first->second;
  Shape shape = bound.shape;
  shape.fails = true;  // too deep
  return {{1, 2}, shape};
}

// The bound values are computed where they are first needed, once: all of them, at most.
Estimate Estimator::Bind(const Node& node) {
  Estimate body = Visit(*node.c);
  body.cost = Started(body.cost);
  for (size_t i = 0; i < node.expr->names.size(); ++i) {
    const auto bound = lazy_.find(node.slot + static_cast<int32_t>(i));
    if (bound != lazy_.end()) body.cost.most = Plus(body.cost.most, bound->second.cost.most);
  }
  return body;
}

Estimate Estimator::OptionalBody(const Node& node) {
  const Estimate target = Visit(*node.a);
  locals_[node.slot] = shapes_.Inner(target.shape);
  const Estimate body = Visit(*node.c);
  Shape shape = Scalar(KindBit(Kind::kOptional), true);
  shape.items = 1;
  shape.inner = shapes_.Keep(node.evaluate == EvalOptFlatMap ? shapes_.Inner(body.shape) : body.shape);
  return {Started(target.cost) + UpTo(Plus(body.cost.most, kErrorCost)), shape};
}

Estimate Estimator::OptionalOr(const Node& node) {
  const Estimate target = Visit(*node.a);
  const Estimate other = Visit(*node.b);
  Shape shape = shapes_.Join(shapes_.Join(target.shape, shapes_.Inner(target.shape)), other.shape);
  shape.fails = true;
  return {Started(target.cost) + UpTo(Plus(other.cost.most, kErrorCost)), shape};
}

Estimate Estimator::Fold(const Node& node) {
  if (node.evaluate == EvalBind) return Bind(node);
  if (node.evaluate == EvalOptMap || node.evaluate == EvalOptFlatMap) return OptionalBody(node);
  const Estimate range = Visit(*node.a);
  for (size_t i = 0; i < node.expr->names.size(); ++i) {
    Shape& local = locals_[node.slot + static_cast<int32_t>(i)];
    local = shapes_.Inner(range.shape);
    if (i == 0 && node.expr->names.size() == 2) local = shapes_.Join(local, Scalar(KindBit(Kind::kInt)));
  }
  return Each(node, range);
}

// Once around for every element. Least: all of them, where nothing may end it.
Estimate Estimator::Each(const Node& node, const Estimate& range) {
  const Estimate filter = node.b != nullptr ? Visit(*node.b) : Estimate{{0, 0}, Scalar(kBool)};
  const Estimate body = Visit(*node.c);
  const int64_t size = range.shape.items;
  const bool collection = range.shape.is_only(KindBit(Kind::kList) | KindBit(Kind::kMap));
  const bool listed = node.evaluate == EvalMapped || node.evaluate == EvalFilter || node.evaluate == EvalSortBy;
  const bool mapped = node.evaluate == EvalTransformMap || node.evaluate == EvalTransformMapEntry;
  const bool counts = node.evaluate == EvalExistsOne || node.evaluate == EvalFilter;
  const bool sorts = node.evaluate == EvalSortBy;
  const int64_t order = Times(std::bit_width(static_cast<uint64_t>(size)), 1 + KeyedText(body.shape.text));
  const int64_t step = sorts ? Plus(1, order) : 1;
  int64_t most = Times(size, Plus(step, Plus(filter.cost.most, body.cost.most)));
  if (!body.shape.is_only(kBool)) most = Plus(most, Times(size, kErrorCost));  // absorbed, one by one
  if (listed) most = Plus(most, Times(size, sorts ? 5 : 1) / 4);
  const int64_t keyed = Plus(1, KeyedText(std::max(Shapes::TotalText(body.shape), Shapes::TotalText(range.shape))));
  if (mapped) most = Plus(most, Plus(size / 2 + 1, Times(size, keyed)));
  // All that the bodies' maps hold: put in, and moved at most twice on the way, two entries to a unit of memory.
  const int64_t held = Times(size, body.shape.items);
  if (node.evaluate == EvalTransformMapEntry) most = Plus(most, Times(held, Plus(3, keyed)));
  const bool ends = range.shape.fails || !collection || filter.shape.fails || body.shape.fails ||
                    !filter.shape.is_only(kBool) || (counts && !body.shape.is_only(kBool)) || sorts ||
                    node.evaluate == EvalAll || node.evaluate == EvalExists || node.evaluate == EvalTransformMapEntry;
  const int64_t rounds =
      range.shape.fails || !collection ? 0 : std::min<int64_t>(range.shape.least_items, ends ? 1 : INT64_MAX);
  const int64_t room = listed && !range.shape.fails && collection ? range.shape.least_items / 4 : 0;
  const int64_t least = Times(rounds, Plus(1, node.b != nullptr ? filter.cost.least : body.cost.least));
  const bool fails = mapped || sorts || range.shape.fails || !collection || filter.shape.fails || body.shape.fails ||
                     !filter.shape.is_only(kBool) || (!listed && !body.shape.is_only(kBool)) ||
                     (counts && !body.shape.is_only(kBool));
  Estimate all{Started(range.cost) + Spread{Plus(least, room), Plus(most, fails ? kErrorCost : 0)},
               Scalar(kBool, fails)};
  if (listed) {
    const int64_t kept = node.b == nullptr && node.evaluate == EvalMapped ? range.shape.least_items : 0;
    Shape element = node.evaluate == EvalMapped ? body.shape : shapes_.Inner(range.shape);
    element.fails = false;
    all.shape = shapes_.List(kept, size, element, all.shape.fails);
  }
  if (mapped) {
    Shape element =
        node.evaluate == EvalTransformMap ? shapes_.Join(body.shape, locals_[node.slot]) : shapes_.Inner(body.shape);
    element.fails = false;
    all.shape = shapes_.List(0, node.evaluate == EvalTransformMap ? size : held, element, true);
    all.shape.kinds = KindBit(Kind::kMap);
  }
  return all;
}

Estimate Estimator::Visit(const Node& node) {
  // As deep as the evaluator goes: a chain of bound values is as deep as all of them together.
  constexpr int kDeepest = 5000;
  if (depth_ > kDeepest) return {Spread{0, kUnbounded}, Scalar(kMeasured, true)};
  ++depth_;
  Estimate estimate = Of(node);
  --depth_;
  return estimate;
}

Estimate Estimator::Of(const Node& node) {
  const Evaluate f = node.evaluate;
  if (node.operand != Operand::kComputed) return Leaf(node);
  if (f == EvalLazy) return Lazy(node);
  if (f == EvalAnd || f == EvalOr) return Logic(node);
  if (f == EvalConditional) return Conditional(node);
  if (f == EvalEqual || f == EvalNotEqual || f == EvalLess || f == EvalLessEqual || f == EvalGreater ||
      f == EvalGreaterEqual) {
    return Comparison(node);
  }
  if (f == EvalIn || f == EvalInSet) return Membership(node);
  if (f == EvalAdd || f == EvalSubtract || f == EvalMultiply || f == EvalDivide || f == EvalModulo || f == EvalNegate) {
    return Arithmetic(node);
  }
  if (f == EvalSelect || f == EvalHas || f == EvalOptionalSelect || f == EvalIndex || f == EvalOptionalIndex) {
    return Access(node);
  }
  if (f == EvalList) return ListOf(node);
  if (f == EvalMap) return MapOf(node);
  if (f == EvalCall) return Call(node);
  if (f == EvalOptionalOr) return OptionalOr(node);
  if (f == EvalNot || f == EvalMatches) {
    const Estimate a = Visit(*node.a);
    const bool typed = a.shape.is_only(f == EvalNot ? kBool : KindBit(Kind::kString));
    const int64_t look = f == EvalNot ? 0 : 1 + a.shape.text / 10;
    return {Started(a.cost) + UpTo(Plus(look, typed ? 0 : kErrorCost)), Scalar(kBool, a.shape.fails || !typed)};
  }
  return node.expr->kind == ExprKind::kFold ? Fold(node) : Unmeasured(node);
}

}  // namespace

Spread EstimateCost(const Node& root, const std::vector<Shape>& variables) {
  return Estimator(variables).Visit(root).cost;
}

}  // namespace smallbiznis::cel
