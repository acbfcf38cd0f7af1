#include "pkg/cel/plan/planner.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "pkg/cel/lib/regex.h"
#include "pkg/cel/plan/ops.h"
#include "pkg/cel/syntax/source.h"
#include "pkg/cel/value/compare.h"

namespace smallbiznis::cel {

Plan::~Plan() = default;

namespace {

struct Operator {
  std::string_view name;
  size_t arity;
  Evaluate evaluate;
};
constexpr std::array<Operator, 18> kOperators = {{{"_==_", 2, EvalEqual},
                                                  {"_!=_", 2, EvalNotEqual},
                                                  {"_<_", 2, EvalLess},
                                                  {"_<=_", 2, EvalLessEqual},
                                                  {"_>_", 2, EvalGreater},
                                                  {"_>=_", 2, EvalGreaterEqual},
                                                  {"_+_", 2, EvalAdd},
                                                  {"_-_", 2, EvalSubtract},
                                                  {"_*_", 2, EvalMultiply},
                                                  {"_/_", 2, EvalDivide},
                                                  {"_%_", 2, EvalModulo},
                                                  {"_[_]", 2, EvalIndex},
                                                  {"_[?_]", 2, EvalOptionalIndex},
                                                  {"@in", 2, EvalIn},
                                                  {"-_", 1, EvalNegate},
                                                  {"!_", 1, EvalNot},
                                                  {"_?_:_", 3, EvalConditional},
                                                  {"dyn", 1, nullptr}}};

// Each may take a quarter of a megabyte; the patterns after these are compiled when they are needed.
constexpr size_t kMostRegexes = 16;

class Planner {
 public:
  Planner(const Declarations& declarations, const Ast& ast, bool trace, Plan& plan)
      : declarations_(declarations), ast_(ast), trace_(trace), plan_(plan) {
    lazy_.resize(static_cast<size_t>(ast.locals));
  }

  absl::Status Make() {
    plan_.root = Visit(*ast_.root);
    return status_;
  }

 private:
  const Node* Visit(const Expr& expr);
  Node& New(const Expr& expr, Evaluate evaluate) {
    Node& node = plan_.nodes.emplace_back();
    node.expr = &expr;
    node.evaluate = evaluate;
    return node;
  }
  Node& Build(const Expr& expr);
  Node& Constant(const Expr& expr, const Value& value);
  Node& Ident(const Expr& expr);
  Node& Select(const Expr& expr);
  Node& Call(const Expr& expr);
  Node& OperatorCall(const Expr& expr, const Operator& op);
  Node& FunctionCall(const Expr& expr);
  Node& In(const Expr& expr, Node& node);
  Node& Create(const Expr& expr);
  Node& Fold(const Expr& expr);
  // Computes a node all of whose operands are constants.
  void Compute(Node& node);
  bool OperandsConstant(const Node& node) const;

  const Declarations& declarations_;
  const Ast& ast_;
  const bool trace_;
  Plan& plan_;
  absl::Status status_;
  int64_t budget_ = 100'000;        // what computing constants may still cost
  int64_t regex_budget_ = 400'000;  // what compiling constant patterns may still cost
  std::vector<const Node*> lazy_;   // by slot: what computes the variable of a bind
};

const Node* Planner::Visit(const Expr& expr) {
  Node& node = Build(expr);
  Compute(node);
  if (!trace_ || (node.operand == Operand::kConstant && expr.kind == ExprKind::kConstant)) return &node;
  Node& traced = New(expr, EvalTraced);
  traced.a = &node;
  traced.constant = node.constant;
  return &traced;
}

// The node itself, where a traced one stands before it.
const Node& Bare(const Node& node) {
  return node.evaluate == EvalTraced ? *node.a : node;
}

Node& Planner::Build(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kConstant:
      return Constant(expr, expr.constant);
    case ExprKind::kIdent:
      return Ident(expr);
    case ExprKind::kSelect:
      return Select(expr);
    case ExprKind::kCall:
      return Call(expr);
    case ExprKind::kList:
    case ExprKind::kMap:
    case ExprKind::kStruct:
      return Create(expr);
    case ExprKind::kFold:
      return Fold(expr);
  }
  return New(expr, EvalUnresolved);
}

Node& Planner::Constant(const Expr& expr, const Value& value) {
  Node& node = New(expr, EvalConstant);
  node.operand = Operand::kConstant;
  node.constant = value;
  return node;
}

Node& Planner::Ident(const Expr& expr) {
  if (expr.reference == Reference::kConstant) return Constant(expr, expr.constant);
  if (expr.reference == Reference::kNone) return New(expr, EvalUnresolved);
  const bool local = expr.reference == Reference::kLocal;
  const Node* value = local ? lazy_[static_cast<size_t>(expr.slot)] : nullptr;
  Node& node = New(expr, value != nullptr ? EvalLazy : local ? EvalLocal : EvalVariable);
  node.slot = expr.slot;
  node.a = value;
  if (value == nullptr) node.operand = local ? Operand::kLocal : Operand::kVariable;
  return node;
}

Node& Planner::Select(const Expr& expr) {
  const Node* target = Visit(*expr.target);
  Node& node = New(expr, expr.test_only ? EvalHas : expr.optional ? EvalOptionalSelect : EvalSelect);
  node.a = target;
  node.constant = Value::String(expr.name);
  if (expr.target->type.is(TypeKind::kMessage)) {
    const auto* message = declarations_.types.FindMessage(expr.target->type.name());
    if (message != nullptr) node.field = declarations_.types.FindField(*message, expr.name);
  }
  return node;
}

Node& Planner::Call(const Expr& expr) {
  if (!expr.member) {
    if (expr.name == "_&&_" || expr.name == "_||_") {
      std::vector<const Node*> args;
      for (const Expr* arg : expr.args) args.push_back(Visit(*arg));
      Node& node = New(expr, expr.name == "_&&_" ? EvalAnd : EvalOr);
      node.args = std::move(args);
      return node;
    }
    for (const Operator& op : kOperators) {
      if (op.name == expr.name && op.arity == expr.args.size()) return OperatorCall(expr, op);
    }
  }
  return FunctionCall(expr);
}

Node& Planner::OperatorCall(const Expr& expr, const Operator& op) {
  const Node* operands[3] = {};
  for (size_t i = 0; i < op.arity; ++i) operands[i] = Visit(*expr.args[i]);
  if (op.evaluate == nullptr) {  // dyn(x) is x
    plan_.nodes.push_back(Bare(*operands[0]));
    return plan_.nodes.back();
  }
  Node& node = New(expr, op.evaluate);
  node.a = operands[0];
  node.b = operands[1];
  node.c = operands[2];
  return op.evaluate == EvalIn ? In(expr, node) : node;
}

// `x in [...]` of constants that may be keys, and not few, looks x up.
Node& Planner::In(const Expr& expr, Node& node) {
  constexpr uint32_t kFew = 4;
  const Node& list = Bare(*node.b);
  if (list.operand != Operand::kConstant || !list.constant.is(Kind::kList) || list.constant.size <= kFew) return node;
  std::vector<MapEntry> different;
  for (uint32_t i = 0; i < list.constant.size; ++i) {
    const Value& item = list.constant.items[i];
    if (!IsKey(item)) return node;
    different.push_back({item, Value::Null()});
  }
  std::stable_sort(different.begin(), different.end(), [](const MapEntry& a, const MapEntry& b) {
    const Order order = Compare(a.key, b.key);
    return order == Order::kMismatch ? a.key.kind < b.key.kind : order == Order::kLess;
  });
  const auto same = [](const MapEntry& a, const MapEntry& b) { return Compare(a.key, b.key) == Order::kEqual; };
  different.erase(std::unique(different.begin(), different.end(), same), different.end());
  auto* entries = plan_.constants.NewArray<MapEntry>(different.size());
  std::copy(different.begin(), different.end(), entries);
  auto* map = plan_.constants.NewArray<MapObject>(1);
  if (!BuildMap(plan_.constants, entries, static_cast<uint32_t>(different.size()), *map)) return node;
  const Node* operand = node.a;
  Node& set = New(expr, EvalInSet);
  set.a = operand;
  set.constant = Value::Map(map);
  return set;
}

Node& Planner::FunctionCall(const Expr& expr) {
  const std::vector<Overload>* overloads = declarations_.functions.Find(expr.name);
  std::vector<const Node*> args;
  if (expr.target != nullptr) args.push_back(Visit(*expr.target));
  for (const Expr* arg : expr.args) args.push_back(Visit(*arg));
  if (expr.member && args.size() == 2 && (expr.name == "or" || expr.name == "orValue")) {
    Node& node = New(expr, EvalOptionalOr);
    node.a = args[0];
    node.b = args[1];
    return node;
  }
  if (overloads == nullptr || args.size() > 16) return New(expr, EvalUnresolved);
  if (expr.name == "matches" && args.size() == 2 && Bare(*args[1]).constant.is(Kind::kString) &&
      Bare(*args[1]).operand == Operand::kConstant && regex_budget_ > 0 && plan_.regexes.size() < kMostRegexes) {
    const std::string_view pattern = Bare(*args[1]).constant.view();
    regex_budget_ -= RegexCost(pattern);
    std::unique_ptr<re2::RE2> regex = regex_budget_ >= 0 ? CompileRegex(pattern) : nullptr;
    if (regex != nullptr && regex->ok()) {
      Node& node = New(expr, EvalMatches);
      node.a = args[0];
      node.regex = plan_.regexes.emplace_back(std::move(regex)).get();
      return node;
    }
  }
  Node& node = New(expr, EvalCall);
  node.args = std::move(args);
  for (const int i : expr.overloads) node.overloads.push_back(&(*overloads)[static_cast<size_t>(i)]);
  for (const Overload& overload : *overloads) {
    const bool shape = overload.signature.member == expr.member && overload.kinds.size() == node.args.size();
    const bool callable = overload.function != nullptr || overload.custom != nullptr;
    if (expr.overloads.empty() && shape && callable) node.overloads.push_back(&overload);
  }
  const auto no_body = [](const Overload* overload) { return overload->function == nullptr && !overload->custom; };
  node.overloads.erase(std::remove_if(node.overloads.begin(), node.overloads.end(), no_body), node.overloads.end());
  return node;
}

Node& Planner::Create(const Expr& expr) {
  std::vector<const Node*> args;
  for (const Expr* arg : expr.args) args.push_back(Visit(*arg));
  Node& node = New(expr, expr.kind == ExprKind::kList ? EvalList : expr.kind == ExprKind::kMap ? EvalMap : EvalStruct);
  node.args = std::move(args);
  node.optionals = std::find(expr.optionals.begin(), expr.optionals.end(), true) != expr.optionals.end();
  if (expr.kind == ExprKind::kStruct) node.message = declarations_.types.FindMessage(expr.name);
  return node;
}

Evaluate FoldFunction(FoldKind fold) {
  switch (fold) {
    case FoldKind::kAll:
      return EvalAll;
    case FoldKind::kExists:
      return EvalExists;
    case FoldKind::kExistsOne:
      return EvalExistsOne;
    case FoldKind::kFilter:
      return EvalFilter;
    case FoldKind::kMap:
    case FoldKind::kTransformList:
      return EvalMapped;
    case FoldKind::kTransformMap:
      return EvalTransformMap;
    case FoldKind::kTransformMapEntry:
      return EvalTransformMapEntry;
    case FoldKind::kSortBy:
      return EvalSortBy;
    case FoldKind::kOptMap:
      return EvalOptMap;
    case FoldKind::kOptFlatMap:
      return EvalOptFlatMap;
    case FoldKind::kBind:
    case FoldKind::kBlock:
      return EvalBind;
  }
  return EvalUnresolved;
}

Node& Planner::Fold(const Expr& expr) {
  const Node* range = expr.target != nullptr ? Visit(*expr.target) : nullptr;
  const Node* filter = nullptr;
  if (range == nullptr) {
    for (size_t i = 0; i < expr.names.size(); ++i) lazy_[static_cast<size_t>(expr.slot) + i] = Visit(*expr.args[i]);
  } else if (expr.args.size() == 2) {
    filter = Visit(*expr.args[0]);
  }
  const Node* body = Visit(*expr.args.back());
  Node& node = New(expr, FoldFunction(expr.fold));
  node.slot = expr.slot;
  node.a = range;
  node.b = filter;
  node.c = body;
  return node;
}

bool Planner::OperandsConstant(const Node& node) const {
  const auto constant = [](const Node* operand) {
    return operand == nullptr || Bare(*operand).operand == Operand::kConstant;
  };
  if (!constant(node.a) || !constant(node.b) || !constant(node.c)) return false;
  for (const Overload* overload : node.overloads) {
    if (!overload->pure) return false;
  }
  return std::all_of(node.args.begin(), node.args.end(), constant);
}

void Planner::Compute(Node& node) {
  const bool leaf = node.a == nullptr && node.args.empty();
  const ExprKind kind = node.expr->kind;
  const bool empty_literal = kind == ExprKind::kList || kind == ExprKind::kMap;
  if (node.operand != Operand::kComputed || kind == ExprKind::kFold || (leaf && !empty_literal)) return;
  if (kind == ExprKind::kStruct || kind == ExprKind::kIdent || !OperandsConstant(node)) return;
  if (node.evaluate == EvalCall && node.overloads.empty()) return;
  const Limits limits{.cost = budget_, .memory_bytes = size_t{1} << 20};
  Frame frame(plan_.constants, limits, &declarations_.types);
  std::vector<Trace> unread;
  frame.trace = &unread;
  const Value value = Run(node, frame);
  const int64_t spent = limits.cost - frame.cost_left;
  budget_ = std::max<int64_t>(0, budget_ - spent);
  if (value.is_abnormal() || value.is(Kind::kMessage) || frame.cost_left < 0) return;
  node.evaluate = EvalConstant;
  node.operand = Operand::kConstant;
  node.constant = value;
  node.cost = static_cast<int32_t>(spent);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Plan>> MakePlan(const Declarations& declarations, const Ast& ast, bool trace) {
  auto plan = std::make_unique<Plan>();
  if (absl::Status status = Planner(declarations, ast, trace, *plan).Make(); !status.ok()) return status;
  return plan;
}

}  // namespace smallbiznis::cel
