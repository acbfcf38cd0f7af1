#include "pkg/cel/plan/residual.h"

#include <optional>
#include <utility>
#include <vector>

#include "pkg/cel/syntax/unparse.h"

namespace smallbiznis::cel {
namespace {

class Residual {
 public:
  Residual(const Ast& resolved, const std::unordered_map<int32_t, Value>& values, const Value* variables)
      : resolved_(resolved), values_(values), variables_(variables) {}

  void Reduce(Expr& expr, bool repeated) {
    if (expr.kind == ExprKind::kConstant) return;
    if (!repeated && Replace(expr, ValueOf(expr))) return;
    const Expr& meant = resolved_.expr(expr.id);
    if (meant.kind == ExprKind::kIdent && meant.reference == Reference::kVariable) {
      Replace(expr, &variables_[meant.slot]);
      return;
    }
    if (meant.kind == ExprKind::kIdent && meant.reference != Reference::kNone) return;
    if (expr.kind == ExprKind::kFold) return ReduceFold(expr, repeated);
    // Of a function with a dotted name what is before the dot is no expression.
    if (expr.target != nullptr && (expr.kind != ExprKind::kCall || meant.member)) Reduce(*expr.target, repeated);
    for (Expr* arg : expr.args) Reduce(*arg, repeated);
    if (expr.kind == ExprKind::kCall && !expr.member && !repeated) Simplify(expr);
  }

 private:
  const Value* ValueOf(const Expr& expr) const {
    const auto found = values_.find(expr.id);
    return found == values_.end() ? nullptr : &found->second;
  }

  // Makes it the value, where there is one that can be written down.
  bool Replace(Expr& expr, const Value* value) const {
    if (value == nullptr || value->is_abnormal()) return false;
    const std::optional<std::string> literal = Literal(*value);
    if (!literal) return false;
    // What is no single token is printed as a name.
    const bool token = value->kind <= Kind::kBytes && !literal->starts_with("double");
    expr.kind = token ? ExprKind::kConstant : ExprKind::kIdent;
    expr.constant = *value;
    expr.test_only = expr.optional = expr.rooted = expr.member = false;
    expr.name = *literal;
    expr.target = nullptr;
    expr.args.clear();
    return true;
  }

  // A body is evaluated once for every element: what it came to is the last one's. That of a bind is evaluated once.
  void ReduceFold(Expr& expr, bool repeated) {
    if (expr.target != nullptr) Reduce(*expr.target, repeated);
    for (Expr* arg : expr.args) Reduce(*arg, repeated || expr.target != nullptr);
  }

  static void Become(Expr& expr, const Expr& other) {
    Expr taken = other;  // which hangs from `expr`
    expr = std::move(taken);
  }

  // Operands that say nothing of the result go; a branch that is not taken does.
  void Simplify(Expr& expr) {
    if (expr.name == "_?_:_") {
      const Value* condition = ValueOf(*expr.args[0]);
      if (condition != nullptr && condition->is(Kind::kBool)) Become(expr, *expr.args[condition->boolean ? 1 : 2]);
      return;
    }
    const bool all = expr.name == "_&&_";
    if (!all && expr.name != "_||_") return;
    std::vector<Expr*> left;
    for (Expr* arg : expr.args) {
      const Value* value = ValueOf(*arg);
      const bool says_nothing = value != nullptr && value->is(Kind::kBool) && value->boolean == all;
      if (!says_nothing) left.push_back(arg);
    }
    // What is no bool is an error of && and ||, and none of its own.
    const bool alone = left.size() == 1 && resolved_.expr(left[0]->id).type.is(TypeKind::kBool);
    if (alone) return Become(expr, *left[0]);
    if (left.size() >= 2) expr.args = std::move(left);
  }

  const Ast& resolved_;
  const std::unordered_map<int32_t, Value>& values_;
  const Value* variables_;
};

}  // namespace

std::string ResidualText(Ast& parsed, const Ast& resolved, const std::unordered_map<int32_t, Value>& values,
                         const Value* variables) {
  Residual(resolved, values, variables).Reduce(*parsed.root, false);
  return Unparse(*parsed.root);
}

}  // namespace smallbiznis::cel
