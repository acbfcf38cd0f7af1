#include "pkg/casbin/matcher/evaluate.h"

#include <fmt/format.h>

#include "pkg/casbin/matcher/operators.h"
#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

using Kind = Datum::Kind;

absl::Status NotBool(const Datum& value, std::string_view with) {
  return absl::InvalidArgumentError(
      fmt::format("the value {} cannot be used with {}: it is neither true nor false", ToText(value), with));
}

absl::StatusOr<Datum> Logical(const Expression& expression, const Node& node, Surroundings& around) {
  const bool decides = node.op == Op::kOr;  // true decides ||, false decides &&
  const std::string_view name = node.op == Op::kOr ? "||" : "&&";
  ASSIGN_OR_RETURN(const Datum left, Evaluate(expression, node.left, around));
  if (left.is(decides)) return left;
  ASSIGN_OR_RETURN(const Datum right, Evaluate(expression, node.right, around));
  if (!left.is(Kind::kBool)) return NotBool(left, name);
  if (!right.is(Kind::kBool)) return NotBool(right, name);
  return right;
}

// a ? b : c is (a ? b) : c, where a ? b is nothing when a is false, and x : c is c when x is nothing.
absl::StatusOr<Datum> Choice(const Expression& expression, const Node& node, Surroundings& around) {
  ASSIGN_OR_RETURN(const Datum left, Evaluate(expression, node.left, around));
  if (node.op == Op::kIf) {
    if (!left.is(Kind::kBool)) return NotBool(left, "?");
    return left.flag ? Evaluate(expression, node.right, around) : Datum();
  }
  if (!left.is(Kind::kNull)) return left;
  return Evaluate(expression, node.right, around);
}

absl::StatusOr<Datum> Access(const Expression& expression, const Node& node, Surroundings& around) {
  ASSIGN_OR_RETURN(Datum value, Evaluate(expression, node.left, around));
  const std::span<const std::string> path = expression.path(node);
  for (size_t i = 1; i < path.size(); ++i) {
    if (!value.is(Kind::kObject)) {
      return absl::InvalidArgumentError(
          fmt::format("{} has no attribute {}: it is not an object", path[i - 1], path[i]));
    }
    const auto found = value.fields->find(path[i]);
    if (found == value.fields->end()) {
      return absl::InvalidArgumentError(fmt::format("{} has no attribute {}", path[i - 1], path[i]));
    }
    value = around.scratch().View(found->second);
  }
  return value;
}

absl::StatusOr<Datum> List(const Expression& expression, const Node& node, Surroundings& around) {
  ASSIGN_OR_RETURN(const Datum left, Evaluate(expression, node.left, around));
  ASSIGN_OR_RETURN(const Datum right, Evaluate(expression, node.right, around));
  std::vector<Datum> items;
  if (left.is(Kind::kArray)) {
    items = *left.items;
  } else {
    items.push_back(left);
  }
  items.push_back(right);
  return Datum::Array(around.scratch().Keep(std::move(items)));
}

// Of a call. A single array stands for its values.
absl::StatusOr<std::span<const Datum>> Arguments(const Expression& expression, uint32_t list, Datum& single,
                                                 Surroundings& around) {
  if (list == UINT32_MAX) return std::span<const Datum>();
  ASSIGN_OR_RETURN(single, Evaluate(expression, list, around));
  if (single.is(Kind::kArray)) return std::span<const Datum>(*single.items);
  if (single.is(Kind::kNull)) return std::span<const Datum>();
  return std::span<const Datum>(&single, 1);
}

absl::StatusOr<Datum> Call(const Expression& expression, const Node& node, Surroundings& around) {
  Datum single;
  ASSIGN_OR_RETURN(const std::span<const Datum> arguments, Arguments(expression, node.left, single, around));
  return CallFunction(expression.function(node), arguments, around.scratch());
}

absl::StatusOr<Datum> Role(const Expression& expression, const Node& node, Surroundings& around) {
  ASSIGN_OR_RETURN(const RoleCall call, EvaluateRoleCall(expression, node, around));
  return Datum::Bool(around.HasRole(node.at, call.name, call.role, call.domain));
}

absl::StatusOr<Datum> Eval(const Expression& expression, const Node& node, Surroundings& around) {
  ASSIGN_OR_RETURN(const Datum text, Evaluate(expression, node.left, around));
  if (!text.is(Kind::kString)) return absl::InvalidArgumentError("the argument of eval is not a text");
  ASSIGN_OR_RETURN(const Expression* rule, around.Enter(text.text));
  absl::StatusOr<Datum> value = Evaluate(*rule, rule->root(), around);
  around.Leave();
  return value;
}

absl::StatusOr<Datum> Prefixed(const Expression& expression, const Node& node, Surroundings& around) {
  ASSIGN_OR_RETURN(const Datum value, Evaluate(expression, node.left, around));
  if (node.op == Op::kNot) {
    if (!value.is(Kind::kBool)) return NotBool(value, "!");
    return Datum::Bool(!value.flag);
  }
  if (node.op == Op::kNegate) return Apply(Op::kMultiply, Datum::Number(-1), value, around.scratch());
  // The bits of a number turned over.
  return Apply(Op::kBitXor, Datum::Number(-1), value, around.scratch());
}

}  // namespace

absl::StatusOr<RoleCall> EvaluateRoleCall(const Expression& expression, const Node& call, Surroundings& around) {
  Datum single;
  ASSIGN_OR_RETURN(const std::span<const Datum> arguments, Arguments(expression, call.left, single, around));
  for (const Datum& argument : arguments) {
    if (!argument.is(Kind::kString)) {
      return absl::InvalidArgumentError(
          fmt::format("the value {} cannot be a role: it is not a text", ToText(argument)));
    }
  }
  if (arguments.size() < 2) return absl::InvalidArgumentError("a role definition takes 2 or 3 arguments");
  return RoleCall{arguments[0].text, arguments[1].text, arguments.size() > 2 ? arguments[2].text : std::string_view()};
}

absl::StatusOr<Datum> Evaluate(const Expression& expression, uint32_t at, Surroundings& around) {
  const Node& node = expression.node(at);
  switch (node.op) {
    case Op::kLiteral:
      return expression.literal(node);
    case Op::kRequest:
      return around.Request(node.at);
    case Op::kPolicy:
      return Datum::String(around.Policy(node.at));
    case Op::kUnknown:
      return absl::InvalidArgumentError(
          fmt::format("{} is no field of the request or the policy", expression.name(node)));
    case Op::kAccess:
      return Access(expression, node, around);
    case Op::kCall:
      return Call(expression, node, around);
    case Op::kRole:
      return Role(expression, node, around);
    case Op::kEval:
      return Eval(expression, node, around);
    case Op::kGroup:
      return Evaluate(expression, node.left, around);
    case Op::kOnly: {
      ASSIGN_OR_RETURN(const Datum only, Evaluate(expression, node.left, around));
      return Datum::Array(around.scratch().Keep(std::vector<Datum>{only}));
    }
    case Op::kList:
      return List(expression, node, around);
    case Op::kNot:
    case Op::kNegate:
    case Op::kBitNot:
      return Prefixed(expression, node, around);
    case Op::kAnd:
    case Op::kOr:
      return Logical(expression, node, around);
    case Op::kIf:
    case Op::kElse:
    case Op::kCoalesce:
      return Choice(expression, node, around);
    default: {
      ASSIGN_OR_RETURN(const Datum left, Evaluate(expression, node.left, around));
      ASSIGN_OR_RETURN(const Datum right, Evaluate(expression, node.right, around));
      return Apply(node.op, left, right, around.scratch());
    }
  }
}

absl::StatusOr<bool> Holds(const Expression& expression, uint32_t at, Surroundings& around) {
  ASSIGN_OR_RETURN(const Datum result, Evaluate(expression, at, around));
  if (result.is(Kind::kBool)) return result.flag;
  if (result.is(Kind::kNumber)) return result.number != 0;
  return absl::InvalidArgumentError(
      fmt::format("the matcher gives {}: neither true nor false nor a number", ToText(result)));
}

}  // namespace smallbiznis::casbin
