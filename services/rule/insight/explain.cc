#include "services/rule/insight/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "pkg/cel/syntax/parser.h"
#include "pkg/cel/syntax/source.h"
#include "pkg/cel/syntax/unparse.h"
#include "pkg/cel/value/show.h"

namespace smallbiznis::rule {
namespace {

using cel::Expr;
using cel::ExprKind;
using cel::FoldKind;
using cel::Kind;
using cel::Value;

constexpr size_t kMaxReasons = 20;
constexpr size_t kMaxSteps = 1000;
constexpr size_t kMaxShown = 60;
constexpr size_t kExplainBytes = size_t{4} << 20;

struct Verb {
  std::string_view name;
  std::string_view if_true;
  std::string_view if_false;
};
// Between the left and the right operand.
constexpr std::array<Verb, 7> kComparisons = {{{"_>=_", "is at least", "is below"},
                                               {"_>_", "is above", "is not above"},
                                               {"_<=_", "is at most", "is above"},
                                               {"_<_", "is below", "is not below"},
                                               {"_==_", "is", "is not"},
                                               {"_!=_", "is not", "is"},
                                               {"@in", "is in", "is not in"}}};
// Between the receiver and the argument.
constexpr std::array<Verb, 4> kTests = {{{"startsWith", "starts with", "does not start with"},
                                         {"endsWith", "ends with", "does not end with"},
                                         {"contains", "contains", "does not contain"},
                                         {"matches", "matches", "does not match"}}};

template <size_t n>
const Verb* Find(const std::array<Verb, n>& verbs, std::string_view name) {
  const auto found = std::find_if(verbs.begin(), verbs.end(), [&](const Verb& verb) { return verb.name == name; });
  return found == verbs.end() ? nullptr : &*found;
}

// Puts the reasons of a result into words, from the values of the sub-expressions.
class Words {
 public:
  Words(const std::map<int32_t, Value>& values, std::vector<std::string>& out) : values_(values), out_(out) {}

  void Tell(const Expr& expr) {
    if (out_.size() >= kMaxReasons) return;
    const Value* value = ValueOf(expr);
    if (value == nullptr) return;  // not evaluated: it decided nothing
    if (value->is(Kind::kError)) return TellError(expr, *value);
    if (!value->is(Kind::kBool)) return Say(fmt::format("{} is {}", cel::Unparse(expr), Shown(*value)));
    if (expr.kind == ExprKind::kFold) return TellFold(expr, value->boolean);
    if (expr.kind == ExprKind::kSelect && expr.test_only) return TellHas(expr, value->boolean);
    if (expr.kind == ExprKind::kCall && TellCall(expr, *value)) return;
    Say(fmt::format("{} is {}", cel::Unparse(expr), value->boolean));
  }

 private:
  static std::string Shown(const Value& value) { return cel::Show(value, kMaxShown); }

  void Say(std::string reason) { out_.push_back(std::move(reason)); }

  const Value* ValueOf(const Expr& expr) const {
    if (expr.kind == ExprKind::kConstant) return &expr.constant;
    const auto found = values_.find(expr.id);
    return found == values_.end() ? nullptr : &found->second;
  }

  // "sub_total 900000", or "1000000" of a constant.
  std::string Operand(const Expr& expr) const {
    const Value* value = ValueOf(expr);
    if (value == nullptr) return cel::Unparse(expr);
    const std::string shown = Shown(*value), text = cel::Unparse(expr);
    const bool spelled_out = expr.kind == ExprKind::kConstant || (value->is(Kind::kMoney) && expr.name == "money");
    return shown == text || spelled_out ? shown : fmt::format("{} {}", text, shown);
  }

  void TellOperands(const Expr& expr) {
    for (const Expr* arg : expr.args) Tell(*arg);
  }

  bool TellCall(const Expr& expr, const Value& value) {
    if (expr.name == "_&&_" || expr.name == "_||_") {
      for (const Expr* arg : expr.args) {
        const Value* of_arg = ValueOf(*arg);
        if (of_arg != nullptr && of_arg->is(Kind::kBool) && of_arg->boolean == value.boolean) Tell(*arg);
      }
      return true;
    }
    if (expr.name == "!_") return TellOperands(expr), true;
    if (expr.name == "_?_:_") return TellBranch(expr), true;
    const Verb* verb = expr.member ? Find(kTests, expr.name) : Find(kComparisons, expr.name);
    if (verb == nullptr || expr.args.size() != (expr.member ? 1u : 2u)) return false;
    Say(fmt::format("{} {} {}", Operand(expr.member ? *expr.target : *expr.args[0]),
                    value.boolean ? verb->if_true : verb->if_false, Operand(*expr.args.back())));
    return true;
  }

  void TellBranch(const Expr& expr) {
    Tell(*expr.args[0]);
    const Value* condition = ValueOf(*expr.args[0]);
    const Expr& taken = *expr.args[condition != nullptr && condition->is_true() ? 1 : 2];
    if (taken.kind != ExprKind::kConstant) Tell(taken);
  }

  void TellFold(const Expr& expr, bool value) {
    if (expr.target == nullptr) return TellOperands(expr);
    const std::string range = cel::Unparse(*expr.target), body = cel::Unparse(*expr.args[0]);
    const std::string what = fmt::format("{} with {}", fmt::join(expr.names, ", "), body);
    switch (expr.fold) {
      case FoldKind::kExists:
        return Say(fmt::format("{} has {} {}", range, value ? "some" : "no", what));
      case FoldKind::kAll:
        return Say(fmt::format("{} has {} {}", range, value ? "only" : "not only", what));
      case FoldKind::kExistsOne:
        return Say(fmt::format("{} has {} {}", range, value ? "exactly one" : "none or several", what));
      case FoldKind::kFilter:
      case FoldKind::kMap:
      case FoldKind::kTransformList:
      case FoldKind::kTransformMap:
      case FoldKind::kTransformMapEntry:
      case FoldKind::kSortBy:
      case FoldKind::kOptMap:
      case FoldKind::kOptFlatMap:
      case FoldKind::kBind:
      case FoldKind::kBlock:
        return Say(fmt::format("{} is {}", cel::Unparse(expr), value));
    }
  }

  void TellHas(const Expr& expr, bool value) {
    Say(fmt::format("{}.{} is {}", cel::Unparse(*expr.target), expr.name, value ? "there" : "not there"));
  }

  // The innermost sub-expression that is an error, once.
  void TellError(const Expr& expr, const Value& value) {
    const auto inner = [&](const Expr* part) {
      const Value* of_part = part == nullptr ? nullptr : ValueOf(*part);
      if (of_part == nullptr || !of_part->is(Kind::kError)) return false;
      Tell(*part);
      return true;
    };
    if (inner(expr.target)) return;
    if (std::any_of(expr.args.begin(), expr.args.end(), inner)) return;
    Say(fmt::format("{} cannot be computed: {}", cel::Unparse(expr), value.error->message));
  }

  const std::map<int32_t, Value>& values_;
  std::vector<std::string>& out_;
};

ExplainedStep StepOf(const std::string& source, const cel::Ast& ast, const cel::Step& step) {
  const cel::Location at = cel::LocationOf(source, step.offset);
  return {cel::Unparse(ast.expr(step.expr_id)), cel::Show(step.value), at.line, at.column};
}

}  // namespace

RuleExplanation Explain(const std::shared_ptr<const CompiledRule>& rule, const cel::Activation& activation,
                        cel::Arena& arena, Bounds& bounds) {
  const int64_t before = bounds.cost;
  RuleExplanation explained{Evaluate(rule, activation, arena, bounds), {}, {}};
  if (explained.result.outcome == Outcome::kError) explained.reasons.push_back(explained.result.reason);
  if (!rule->condition) return explained;
  const std::string& source = rule->condition->source();
  // The same text gives the same tree, so that a step's id names the same place in it.
  const absl::StatusOr<std::unique_ptr<cel::Ast>> ast = cel::Parse(source, rule->schema->parse_options());
  if (!ast.ok()) return explained;
  cel::Limits limits;
  limits.cost = std::min(rule->cost_limit(), bounds.cost);
  bounds.cost -= before - bounds.cost;  // it costs what the evaluation has cost
  limits.memory_bytes = kExplainBytes;
  limits.deadline = bounds.deadline;
  arena.Reset();
  const cel::Explanation explanation = rule->condition->Explain(activation, arena, limits);
  std::map<int32_t, Value> values;
  for (const cel::Step& step : explanation.steps) {
    if (step.expr_id < 1 || static_cast<size_t>(step.expr_id) > (*ast)->size()) continue;
    values[step.expr_id] = step.value;
    if (explained.steps.size() < kMaxSteps) explained.steps.push_back(StepOf(source, **ast, step));
  }
  std::vector<std::string> reasons;
  Words(values, reasons).Tell(*(*ast)->root);
  if (!reasons.empty()) explained.reasons = std::move(reasons);
  return explained;
}

}  // namespace smallbiznis::rule
