#include "services/rule/insight/expression_text.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "pkg/cel/value/show.h"

namespace smallbiznis::rule {
namespace {

using cel::Expr;
using cel::ExprKind;
using cel::FoldKind;

// How tightly it binds, from the conditional up to what needs no parentheses.
enum Level { kConditional, kOr, kAnd, kRelation, kSum, kProduct, kUnary, kMember };

struct Operator {
  std::string_view name;
  std::string_view sign;
  Level level;
};
constexpr std::array<Operator, 14> kOperators = {{{"_||_", "||", kOr},
                                                  {"_&&_", "&&", kAnd},
                                                  {"_==_", "==", kRelation},
                                                  {"_!=_", "!=", kRelation},
                                                  {"_<_", "<", kRelation},
                                                  {"_<=_", "<=", kRelation},
                                                  {"_>_", ">", kRelation},
                                                  {"_>=_", ">=", kRelation},
                                                  {"@in", "in", kRelation},
                                                  {"_+_", "+", kSum},
                                                  {"_-_", "-", kSum},
                                                  {"_*_", "*", kProduct},
                                                  {"_/_", "/", kProduct},
                                                  {"_%_", "%", kProduct}}};

const Operator* OperatorOf(const Expr& expr) {
  if (expr.kind != ExprKind::kCall) return nullptr;
  for (const Operator& each : kOperators) {
    if (each.name == expr.name) return &each;
  }
  return nullptr;
}

Level LevelOf(const Expr& expr) {
  if (expr.kind != ExprKind::kCall) return kMember;
  if (const Operator* found = OperatorOf(expr)) return found->level;
  if (expr.name == "_?_:_") return kConditional;
  return expr.name == "!_" || expr.name == "-_" ? kUnary : kMember;
}

std::string Text(const Expr& expr);

std::string Within(const Expr& expr, Level least) {
  return LevelOf(expr) < least ? fmt::format("({})", Text(expr)) : Text(expr);
}

std::string List(const std::vector<Expr*>& items, const std::vector<bool>& optionals = {}) {
  std::string text;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += ", ";
    if (i < optionals.size() && optionals[i]) text += '?';
    text += Text(*items[i]);
  }
  return text;
}

std::string_view FoldName(FoldKind kind) {
  switch (kind) {
    case FoldKind::kAll:
      return "all";
    case FoldKind::kExists:
      return "exists";
    case FoldKind::kExistsOne:
      return "exists_one";
    case FoldKind::kFilter:
      return "filter";
    case FoldKind::kMap:
      return "map";
    case FoldKind::kTransformList:
      return "transformList";
    case FoldKind::kTransformMap:
      return "transformMap";
    case FoldKind::kTransformMapEntry:
      return "transformMapEntry";
    case FoldKind::kSortBy:
      return "sortBy";
    case FoldKind::kOptMap:
      return "optMap";
    case FoldKind::kOptFlatMap:
      return "optFlatMap";
    case FoldKind::kBind:
      return "bind";
    case FoldKind::kBlock:
      return "block";
  }
  return "";
}

std::string FoldText(const Expr& expr) {
  const std::string names = fmt::format("{}", fmt::join(expr.names, ", "));
  const std::string_view name = FoldName(expr.fold);
  if (expr.target == nullptr) return fmt::format("cel.{}({}, {})", name, names, List(expr.args));
  return fmt::format("{}.{}({}, {})", Within(*expr.target, kMember), name, names, List(expr.args));
}

std::string CallText(const Expr& expr) {
  if (const Operator* found = OperatorOf(expr)) {
    // What stands to the right of a sign that groups to the left needs parentheses at the same level.
    std::string text = Within(*expr.args[0], found->level);
    for (size_t i = 1; i < expr.args.size(); ++i) {
      text += fmt::format(" {} {}", found->sign, Within(*expr.args[i], Level(found->level + 1)));
    }
    return text;
  }
  if (expr.name == "!_" || expr.name == "-_") return expr.name[0] + Within(*expr.args[0], kMember);
  if (expr.name == "_?_:_") {
    return fmt::format("{} ? {} : {}", Within(*expr.args[0], kOr), Within(*expr.args[1], kOr), Text(*expr.args[2]));
  }
  if (expr.name == "_[_]") return fmt::format("{}[{}]", Within(*expr.args[0], kMember), Text(*expr.args[1]));
  if (expr.name == "_[?_]") return fmt::format("{}[?{}]", Within(*expr.args[0], kMember), Text(*expr.args[1]));
  if (expr.member) return fmt::format("{}.{}({})", Within(*expr.target, kMember), expr.name, List(expr.args));
  return fmt::format("{}{}({})", expr.rooted ? "." : "", expr.name, List(expr.args));
}

std::string SelectText(const Expr& expr) {
  const std::string text = fmt::format("{}.{}{}", Within(*expr.target, kMember), expr.optional ? "?" : "", expr.name);
  return expr.test_only ? fmt::format("has({})", text) : text;
}

std::string MapText(const Expr& expr) {
  std::string text = "{";
  for (size_t i = 0; i + 1 < expr.args.size(); i += 2) {
    if (i > 0) text += ", ";
    if (i / 2 < expr.optionals.size() && expr.optionals[i / 2]) text += '?';
    text += fmt::format("{}: {}", Text(*expr.args[i]), Text(*expr.args[i + 1]));
  }
  return text + "}";
}

std::string StructText(const Expr& expr) {
  std::string text = (expr.rooted ? "." : "") + expr.name + "{";
  for (size_t i = 0; i < expr.args.size(); ++i) {
    text +=
        fmt::format("{}{}{}: {}", i > 0 ? ", " : "", expr.optionals[i] ? "?" : "", expr.names[i], Text(*expr.args[i]));
  }
  return text + "}";
}

std::string Text(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kConstant:
      return cel::Show(expr.constant);
    case ExprKind::kIdent:
      return (expr.rooted ? "." : "") + expr.name;
    case ExprKind::kSelect:
      return SelectText(expr);
    case ExprKind::kCall:
      return CallText(expr);
    case ExprKind::kList:
      return fmt::format("[{}]", List(expr.args, expr.optionals));
    case ExprKind::kMap:
      return MapText(expr);
    case ExprKind::kStruct:
      return StructText(expr);
    case ExprKind::kFold:
      return FoldText(expr);
  }
  return "";
}

}  // namespace

std::string ExpressionText(const cel::Expr& expr) {
  return Text(expr);
}

}  // namespace smallbiznis::rule
