#include "pkg/cel/syntax/unparse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "pkg/cel/syntax/lexer.h"
#include "pkg/cel/value/money.h"
#include "pkg/cel/value/show.h"
#include "pkg/cel/value/times.h"

namespace smallbiznis::cel {
namespace {

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
  if (expr.kind != ExprKind::kCall || expr.member) return nullptr;
  for (const Operator& each : kOperators) {
    if (each.name == expr.name) return &each;
  }
  return nullptr;
}

bool IsNumber(const Expr& expr) {
  return expr.kind == ExprKind::kConstant && expr.constant.is_number();
}

// A number is no operand of `.` and of `-`: those are part of it, or look like that.
Level LevelOf(const Expr& expr) {
  if (IsNumber(expr)) return kUnary;
  if (expr.kind != ExprKind::kCall || expr.member) return kMember;
  if (const Operator* found = OperatorOf(expr)) return found->level;
  if (expr.name == "_?_:_") return kConditional;
  return expr.name == "!_" || expr.name == "-_" ? kUnary : kMember;
}

std::string Text(const Expr& expr);

std::string Within(const Expr& expr, Level least) {
  return LevelOf(expr) < least ? fmt::format("({})", Text(expr)) : Text(expr);
}

// A variable's name; those of cel.block as the macros that make them.
std::string Name(const std::string& name) {
  if (!name.starts_with('@')) return name;
  if (name.starts_with("@index")) return fmt::format("cel.index({})", name.substr(6));
  std::string numbers = name.substr(4);
  std::replace(numbers.begin(), numbers.end(), ':', ',');
  return fmt::format("cel.{}({})", name.starts_with("@it") ? "iterVar" : "accuVar", numbers);
}

// A field's, in backquotes where it is no word.
std::string Field(const std::string& name) {
  const auto in_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const bool word = !name.empty() && !(name[0] >= '0' && name[0] <= '9') && !IsKeyword(name) &&
                    std::all_of(name.begin(), name.end(), in_word);
  return word ? name : fmt::format("`{}`", name);
}

std::string Arguments(const std::vector<Expr*>& items, const std::vector<bool>& optionals = {}) {
  std::string text;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += ", ";
    if (i < optionals.size() && optionals[i]) text += '?';
    text += Text(*items[i]);
  }
  return text;
}

std::string_view FoldName(FoldKind kind) {
  static constexpr std::string_view kNames[] = {
      "all",    "exists", "exists_one", "filter", "map",  "transformList", "transformMap", "transformMapEntry",
      "sortBy", "optMap", "optFlatMap", "bind",   "block"};
  return kNames[static_cast<size_t>(kind)];
}

std::string FoldText(const Expr& expr) {
  if (expr.fold == FoldKind::kBlock) {
    const std::vector<Expr*> values(expr.args.begin(), expr.args.end() - 1);
    return fmt::format("cel.block([{}], {})", Arguments(values), Text(*expr.args.back()));
  }
  std::string names;
  for (const std::string& name : expr.names) names += (names.empty() ? "" : ", ") + Name(name);
  const std::string target = expr.target == nullptr ? "cel" : Within(*expr.target, kMember);
  return fmt::format("{}.{}({}, {})", target, FoldName(expr.fold), names, Arguments(expr.args));
}

std::string CallText(const Expr& expr) {
  if (const Operator* found = OperatorOf(expr)) {
    // What stands to the right of a sign that groups to the left needs parentheses at the same level; && and || take
    // as many operands as there are without any.
    const bool flat = found->level == kOr || found->level == kAnd;
    std::string text = Within(*expr.args[0], flat ? Level(found->level + 1) : found->level);
    for (size_t i = 1; i < expr.args.size(); ++i) {
      text += fmt::format(" {} {}", found->sign, Within(*expr.args[i], Level(found->level + 1)));
    }
    return text;
  }
  if (!expr.member) {
    if (expr.name == "!_" || expr.name == "-_") return expr.name[0] + Within(*expr.args[0], kMember);
    if (expr.name == "_?_:_") {
      return fmt::format("{} ? {} : {}", Within(*expr.args[0], kOr), Within(*expr.args[1], kOr), Text(*expr.args[2]));
    }
    if (expr.name == "_[_]") return fmt::format("{}[{}]", Within(*expr.args[0], kMember), Text(*expr.args[1]));
    if (expr.name == "_[?_]") return fmt::format("{}[?{}]", Within(*expr.args[0], kMember), Text(*expr.args[1]));
    return fmt::format("{}{}({})", expr.rooted ? "." : "", expr.name, Arguments(expr.args));
  }
  return fmt::format("{}.{}({})", Within(*expr.target, kMember), expr.name, Arguments(expr.args));
}

std::string SelectText(const Expr& expr) {
  const std::string text =
      fmt::format("{}.{}{}", Within(*expr.target, kMember), expr.optional ? "?" : "", Field(expr.name));
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
    text += fmt::format("{}{}{}: {}", i > 0 ? ", " : "", expr.optionals[i] ? "?" : "", Field(expr.names[i]),
                        Text(*expr.args[i]));
  }
  return text + "}";
}

std::string Text(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kConstant:
      return Literal(expr.constant).value_or("");
    case ExprKind::kIdent:
      return (expr.rooted ? "." : "") + Name(expr.name);
    case ExprKind::kSelect:
      return SelectText(expr);
    case ExprKind::kCall:
      return CallText(expr);
    case ExprKind::kList:
      return fmt::format("[{}]", Arguments(expr.args, expr.optionals));
    case ExprKind::kMap:
      return MapText(expr);
    case ExprKind::kStruct:
      return StructText(expr);
    case ExprKind::kFold:
      return FoldText(expr);
  }
  return "";
}

std::optional<std::string> ListLiteral(const Value& list) {
  std::string text = "[";
  for (uint32_t i = 0; i < list.size; ++i) {
    const std::optional<std::string> item = Literal(list.items[i]);
    if (!item) return std::nullopt;
    text += (i > 0 ? ", " : "") + *item;
  }
  return text + "]";
}

std::optional<std::string> MapLiteral(const MapObject& map) {
  std::string text = "{";
  for (uint32_t i = 0; i < map.size; ++i) {
    const std::optional<std::string> key = Literal(map.entries[i].key);
    const std::optional<std::string> value = Literal(map.entries[i].value);
    if (!key || !value) return std::nullopt;
    text += fmt::format("{}{}: {}", i > 0 ? ", " : "", *key, *value);
  }
  return text + "}";
}

}  // namespace

std::string Unparse(const Expr& expr) {
  return Text(expr);
}

std::optional<std::string> Literal(const Value& value) {
  switch (value.kind) {
    case Kind::kNull:
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kUint:
      return Show(value);
    case Kind::kDouble:
      if (!std::isfinite(value.real)) return fmt::format("double({})", QuoteLiteral(ShowDouble(value.real), false));
      return Show(value);
    case Kind::kTimestamp:
      return fmt::format("timestamp(\"{}\")", FormatTimestamp(value));
    case Kind::kDuration:
      return fmt::format("duration(\"{}\")", FormatDuration(value));
    case Kind::kMoney:
      return fmt::format("money({}, \"{}\")", value.integer, CurrencyCode(value.size));
    case Kind::kString:
      return QuoteLiteral(value.view(), false);
    case Kind::kBytes:
      return QuoteLiteral(value.view(), true);
    case Kind::kList:
      return ListLiteral(value);
    case Kind::kMap:
      return MapLiteral(*value.map);
    case Kind::kOptional: {
      if (value.items == nullptr) return "optional.none()";
      const std::optional<std::string> inner = Literal(*value.items);
      return inner ? std::optional(fmt::format("optional.of({})", *inner)) : std::nullopt;
    }
    case Kind::kType:
    case Kind::kMessage:
    case Kind::kOpaque:
    case Kind::kError:
    case Kind::kUnknown:
    case Kind::kUnset:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace smallbiznis::cel
