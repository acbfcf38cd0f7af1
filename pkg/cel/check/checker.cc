#include "pkg/cel/check/checker.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "pkg/cel/check/infer.h"
#include "pkg/cel/syntax/source.h"
#include "pkg/cel/value/money.h"

namespace smallbiznis::cel {
namespace {

constexpr int kMostErrors = 20;
const Type kBool(TypeKind::kBool);
const Type kInt(TypeKind::kInt);
const Type kWrong(TypeKind::kError);
constexpr std::string_view kTooLarge = "the type of the expression is too large";

class Checker {
 public:
  Checker(const Declarations& declarations, Ast& ast) : declarations_(declarations), ast_(ast) {
    locals_.resize(static_cast<size_t>(ast.locals));
  }

  absl::Status Run() {
    Visit(*ast_.root);
    if (!errors_.empty()) return absl::InvalidArgumentError(errors_);
    Settle(*ast_.root);
    if (inference_.exhausted()) Fail(ast_.root->position, kTooLarge);
    return errors_.empty() ? absl::OkStatus() : absl::InvalidArgumentError(errors_);
  }

 private:
  const Type& Visit(Expr& expr) {
    constexpr uint64_t kLargest = 10'000;
    if (given_up_) return kWrong;  // what is wrong with the rest is for the next time
    expr.type = TypeOf(expr);
    if (!given_up_ && (inference_.exhausted() || expr.type.size() > kLargest)) {
      expr.type = Fail(expr.position, kTooLarge);
      given_up_ = true;
    }
    return expr.type;
  }
  Type TypeOf(Expr& expr);
  Type Ident(const Expr& expr);
  Type Select(Expr& expr);
  // Of `target.name`, where target is not optional.
  Type Field(const Expr& expr, const Type& target);
  Type Call(Expr& expr);
  Type Apply(Expr& expr, const std::vector<Overload>& overloads, const std::vector<Type>& args);
  // money(amount, currency): a currency that is spelled out is part of the type, and an amount is looked at.
  Type Money(Expr& expr, const std::vector<Type>& args);
  Type List(Expr& expr);
  Type Map(Expr& expr);
  Type Struct(Expr& expr);
  Type Fold(Expr& expr);
  Type Optional(Expr& expr);
  Type Bind(Expr& expr);
  Type Body(Expr& expr, const Type& range, const Type& key);
  void Variables(const Expr& expr, const Type& range);
  Type Element(const Expr& owner, size_t i, Expr& element);
  void Expect(const Expr& expr, const Type& actual, const Type& expected);
  void Settle(Expr& expr);

  Type Fail(uint32_t position, std::string_view message) {
    if (given_up_) return kWrong;
    if (!errors_.empty()) errors_ += "\n";
    errors_ += ErrorText(ast_.source(), position, message);
    given_up_ = ++count_ == kMostErrors;
    return kWrong;
  }
  bool Compatible(const Type& a, const Type& b) { return inference_.Assignable(a, b); }
  std::string Show(const Type& type) const { return inference_.Resolve(type, true).ToString(); }
  Type Known(const Type& type) const { return inference_.Resolve(type, false); }

  const Declarations& declarations_;
  Ast& ast_;
  Inference inference_;
  std::vector<Type> locals_;
  std::string errors_;
  int count_ = 0;
  bool given_up_ = false;
};

Type ConstantType(const Value& value) {
  static constexpr TypeKind kKinds[] = {TypeKind::kNull,   TypeKind::kBool,   TypeKind::kInt,  TypeKind::kUint,
                                        TypeKind::kDouble, TypeKind::kString, TypeKind::kBytes};
  const auto kind = static_cast<size_t>(value.kind);
  return kind < std::size(kKinds) ? Type(kKinds[kind]) : Type();
}

Type Checker::TypeOf(Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kConstant:
      return ConstantType(expr.constant);
    case ExprKind::kIdent:
      return Ident(expr);
    case ExprKind::kSelect:
      return Select(expr);
    case ExprKind::kCall:
      return Call(expr);
    case ExprKind::kList:
      return List(expr);
    case ExprKind::kMap:
      return Map(expr);
    case ExprKind::kStruct:
      return Struct(expr);
    case ExprKind::kFold:
      return Fold(expr);
  }
  return kWrong;
}

Type Checker::Ident(const Expr& expr) {
  if (expr.reference == Reference::kLocal) return locals_[static_cast<size_t>(expr.slot)];
  if (expr.reference != Reference::kNone) return expr.type;
  return Fail(expr.position,
              fmt::format("undeclared reference to '{}' (in container '{}')", expr.name, declarations_.container));
}

Type Checker::Select(Expr& expr) {
  Type target = Known(Visit(*expr.target));
  const bool optional = target.is_optional();
  if (optional) target = Known(target.parameters()[0]);
  const Type field = Field(expr, target);
  if (expr.test_only) return kBool;
  return optional || expr.optional ? Type::Optional(field) : field;
}

Type Checker::Field(const Expr& expr, const Type& target) {
  if (target.is(TypeKind::kMap)) return target.parameters()[1];
  if (target.is_dyn()) return Type();
  if (target.is(TypeKind::kParam)) {
    inference_.Assignable(Type(), target);
    return Type();
  }
  if (!target.is(TypeKind::kMessage)) {
    return Fail(expr.position, fmt::format("type '{}' does not support field selection", Show(target)));
  }
  const auto* message = declarations_.types.FindMessage(target.name());
  const auto* field = message == nullptr ? nullptr : declarations_.types.FindField(*message, expr.name);
  if (field == nullptr) return Fail(expr.position, fmt::format("undefined field '{}'", expr.name));
  return FieldType(*field);
}

Type Checker::Call(Expr& expr) {
  std::vector<Type> args;
  if (expr.target != nullptr) args.push_back(Visit(*expr.target));
  for (Expr* arg : expr.args) args.push_back(Visit(*arg));
  if (expr.name == "_&&_" || expr.name == "_||_") {
    for (size_t i = 0; i < args.size(); ++i) Expect(*expr.args[i], args[i], kBool);
    return kBool;
  }
  if (expr.name == "money" && !expr.member && args.size() == 2) return Money(expr, args);
  const std::vector<Overload>* overloads = declarations_.functions.Find(expr.name);
  if (overloads == nullptr) {
    return Fail(expr.position,
                fmt::format("undeclared reference to '{}' (in container '{}')", expr.name, declarations_.container));
  }
  return Apply(expr, *overloads, args);
}

Type Checker::Apply(Expr& expr, const std::vector<Overload>& overloads, const std::vector<Type>& args) {
  bool found = false;
  Type result;
  expr.overloads.clear();
  for (size_t i = 0; i < overloads.size(); ++i) {
    const Signature& declared = overloads[i].signature;
    if (declared.member != expr.member || declared.parameters.size() != args.size()) continue;
    const Signature fresh = declared.generic ? inference_.Instantiate(declared) : Signature();
    const Signature& signature = declared.generic ? fresh : declared;
    if (!inference_.Assignable(args, signature.parameters)) continue;
    expr.overloads.push_back(static_cast<int>(i));
    const Type one = Known(signature.result);
    result = !found || one == result ? one : Type();
    found = true;
  }
  if (found) return result;
  if (args.size() == 2 && Known(args[0]).is_money() && Known(args[1]).is_money() && !Compatible(args[0], args[1])) {
    return Fail(expr.position, fmt::format("different currencies: '{}' applied to '({}, {})'", expr.name, Show(args[0]),
                                           Show(args[1])));
  }
  std::string list;
  for (size_t i = expr.member ? 1 : 0; i < args.size(); ++i) list += (list.empty() ? "" : ", ") + Show(args[i]);
  const std::string receiver = expr.member ? Show(args[0]) + "." : "";
  return Fail(expr.position,
              fmt::format("found no matching overload for '{}' applied to '{}({})'", expr.name, receiver, list));
}

Type Checker::Money(Expr& expr, const std::vector<Type>& args) {
  const Type type = Apply(expr, *declarations_.functions.Find(expr.name), args);
  const Expr& amount = *expr.args[0];
  const Expr& code = *expr.args[1];
  if (!type.is_money() || code.kind != ExprKind::kConstant) return type;
  const std::optional<uint32_t> currency = ParseCurrency(code.constant.view());
  if (!currency) {
    return Fail(code.position, fmt::format("'{}' is no currency of ISO 4217", code.constant.view().substr(0, 20)));
  }
  const bool text = amount.kind == ExprKind::kConstant && amount.constant.is(Kind::kString);
  if (text && !ParseMoney(amount.constant.view(), *currency)) {
    return Fail(amount.position,
                fmt::format("'{}' is no amount of {}, which has {} decimals", amount.constant.view().substr(0, 40),
                            code.constant.view(), CurrencyDigits(*currency)));
  }
  return Type::Money(std::string(code.constant.view()));
}

Type Checker::Element(const Expr& owner, size_t i, Expr& element) {
  Type type = Visit(element);
  if (owner.optionals.empty() || !owner.optionals[i]) return type;
  const Type optional = Type::Optional(inference_.Fresh());
  Expect(element, type, optional);
  type = Known(type);
  return type.is_optional() ? type.parameters()[0] : Known(optional.parameters()[0]);
}

Type Checker::List(Expr& expr) {
  Type joined;
  for (size_t i = 0; i < expr.args.size(); ++i) {
    const Type element = Element(expr, i, *expr.args[i]);
    joined = i == 0 ? element : inference_.Join(joined, element);
  }
  return Type::List(expr.args.empty() ? inference_.Fresh() : joined);
}

Type Checker::Map(Expr& expr) {
  if (expr.args.empty()) return Type::Map(inference_.Fresh(), inference_.Fresh());
  Type key;
  Type value;
  for (size_t i = 0; i < expr.args.size(); i += 2) {
    const Type one_key = Visit(*expr.args[i]);
    const Type one_value = Element(expr, i / 2, *expr.args[i + 1]);
    key = i == 0 ? one_key : inference_.Join(key, one_key);
    value = i == 0 ? one_value : inference_.Join(value, one_value);
  }
  return Type::Map(key, value);
}

Type Checker::Struct(Expr& expr) {
  const auto* message = declarations_.types.FindMessage(expr.name);
  if (message == nullptr) {
    for (Expr* arg : expr.args) Visit(*arg);
    return Fail(expr.position,
                fmt::format("undeclared reference to '{}' (in container '{}')", expr.name, declarations_.container));
  }
  for (size_t i = 0; i < expr.args.size(); ++i) {
    const Type value = Element(expr, i, *expr.args[i]);
    const auto* field = declarations_.types.FindField(*message, expr.names[i]);
    if (field == nullptr) {
      Fail(expr.name_positions[i], fmt::format("undefined field '{}'", expr.names[i]));
      continue;
    }
    const Type expected = FieldType(*field);
    if (!inference_.Assignable(value, expected)) {
      Fail(expr.name_positions[i], fmt::format("expected type of field '{}' is '{}' but provided type is '{}'",
                                               expr.names[i], Show(expected), Show(value)));
    }
  }
  return Type::Message(expr.name);
}

void Checker::Expect(const Expr& expr, const Type& actual, const Type& expected) {
  if (given_up_ || inference_.Assignable(actual, expected)) return;
  Fail(expr.position, fmt::format("expected type '{}' but found '{}'", Show(expected), Show(actual)));
}

Type Checker::Bind(Expr& expr) {
  for (size_t i = 0; i < expr.names.size(); ++i) {
    locals_[static_cast<size_t>(expr.slot) + i] = Visit(*expr.args[i]);
  }
  return Visit(*expr.args.back());
}

Type Checker::Optional(Expr& expr) {
  const Type optional = Type::Optional(inference_.Fresh());
  Expect(*expr.target, Visit(*expr.target), optional);
  locals_[static_cast<size_t>(expr.slot)] = Known(optional.parameters()[0]);
  const Type body = Visit(*expr.args[0]);
  if (expr.fold == FoldKind::kOptMap) return Type::Optional(body);
  const Type result = Type::Optional(inference_.Fresh());
  Expect(*expr.args[0], body, result);
  return Known(result);
}

// Gives the variables of a fold over `range` their types.
void Checker::Variables(const Expr& expr, const Type& range) {
  Type first;
  Type second;
  if (range.is(TypeKind::kList)) {
    first = expr.names.size() == 2 ? kInt : range.parameters()[0];
    second = range.parameters()[0];
  } else if (range.is(TypeKind::kMap)) {
    first = range.parameters()[0];
    second = range.parameters()[1];
  } else if (range.is(TypeKind::kParam)) {
    inference_.Assignable(Type(), range);
  } else if (!range.is_dyn()) {
    Fail(expr.target->position,
         fmt::format("expression of type '{}' cannot be range of a comprehension (must be list, map, or dynamic)",
                     Show(range)));
    first = second = kWrong;
  }
  locals_[static_cast<size_t>(expr.slot)] = first;
  if (expr.names.size() == 2) locals_[static_cast<size_t>(expr.slot) + 1] = second;
}

Type Checker::Fold(Expr& expr) {
  if (expr.target == nullptr) return Bind(expr);
  if (expr.fold == FoldKind::kOptMap || expr.fold == FoldKind::kOptFlatMap) return Optional(expr);
  const Type range = Known(Visit(*expr.target));
  Variables(expr, range);
  if (expr.args.size() == 2) Expect(*expr.args[0], Visit(*expr.args[0]), kBool);
  return Body(expr, range, locals_[static_cast<size_t>(expr.slot)]);
}

Type Checker::Body(Expr& expr, const Type& range, const Type& first) {
  Expr& last = *expr.args.back();
  const Type body = Visit(last);
  switch (expr.fold) {
    case FoldKind::kAll:
    case FoldKind::kExists:
    case FoldKind::kExistsOne:
      Expect(last, body, kBool);
      return kBool;
    case FoldKind::kFilter:
      Expect(last, body, kBool);
      return Type::List(first);
    case FoldKind::kMap:
    case FoldKind::kTransformList:
      return Type::List(body);
    case FoldKind::kTransformMap:
      return Type::Map(range.is_dyn() ? Type() : first, body);
    case FoldKind::kTransformMapEntry: {
      const Type map = Type::Map(inference_.Fresh(), inference_.Fresh());
      Expect(last, body, map);
      return Known(map);
    }
    case FoldKind::kSortBy:
      if (!range.is(TypeKind::kList) && !range.is_dyn()) {
        return Fail(expr.position, fmt::format("'{}' cannot be sorted: a list is expected", Show(range)));
      }
      return Type::List(first);
    case FoldKind::kOptMap:
    case FoldKind::kOptFlatMap:
    case FoldKind::kBind:
    case FoldKind::kBlock:
      break;
  }
  return kWrong;
}

void Checker::Settle(Expr& expr) {
  expr.type = inference_.Settle(expr.type);
  if (expr.target != nullptr) Settle(*expr.target);
  for (Expr* arg : expr.args) Settle(*arg);
}

}  // namespace

absl::Status Check(const Declarations& declarations, Ast& ast) {
  return Checker(declarations, ast).Run();
}

}  // namespace smallbiznis::cel
