#include "pkg/casbin/matcher/operators.h"

#include <fmt/format.h>

#include <cmath>

#include "pkg/casbin/matcher/patterns.h"
#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

using Kind = Datum::Kind;

absl::Status WrongType(const Datum& value, std::string_view with, std::string_view wanted) {
  return absl::InvalidArgumentError(
      fmt::format("the value {} cannot be used with {}: it is not {}", ToText(value), with, wanted));
}

// Less than 0, 0, more than 0; or 2 for what is not ordered, a number that is not one.
absl::StatusOr<int> Compare(const Datum& left, const Datum& right) {
  if (left.is(Kind::kNumber) && right.is(Kind::kNumber)) {
    if (std::isnan(left.number) || std::isnan(right.number)) return 2;
    return left.number < right.number ? -1 : left.number > right.number ? 1 : 0;
  }
  if (left.is(Kind::kString) && right.is(Kind::kString)) {
    const int order = left.text.compare(right.text);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  return WrongType(left.is(Kind::kNumber) ? right : left, "a comparison", "a number, nor are both texts");
}

absl::StatusOr<Datum> In(const Datum& left, const Datum& right) {
  if (!right.is(Kind::kArray)) return WrongType(right, "in", "a list");
  for (const Datum& item : *right.items) {
    if (left.kind == item.kind && (left.is(Kind::kArray) || left.is(Kind::kObject))) {
      return WrongType(left, "in", "a plain value");
    }
    if (Equal(left, item)) return Datum::Bool(true);
  }
  return Datum::Bool(false);
}

absl::StatusOr<Datum> Matches(const Datum& left, const Datum& right) {
  if (!left.is(Kind::kString)) return WrongType(left, "a pattern", "a text");
  if (!right.is(Kind::kString)) return WrongType(right, "a pattern", "a text");
  ASSIGN_OR_RETURN(const bool matches, RegexMatch(left.text, right.text));
  return Datum::Bool(matches);
}

absl::StatusOr<Datum> Add(const Datum& left, const Datum& right, Scratch& scratch) {
  if (left.is(Kind::kNumber) && right.is(Kind::kNumber)) return Datum::Number(left.number + right.number);
  const auto text = [](const Datum& datum) { return datum.is(Kind::kString) && !datum.flag; };
  if (!text(left) && !text(right)) return WrongType(left, "+", "a number or a text");
  return Datum::String(scratch.Keep(ToText(left) + ToText(right)));
}

// Numbers as integers, as on the machines that Casbin's figures come from: what does not fit is the smallest integer.
int64_t Whole(double number) {
  if (!(number >= -9223372036854775808.0 && number < 9223372036854775808.0)) return INT64_MIN;
  return static_cast<int64_t>(number);
}

uint64_t Shift(uint64_t bits, double by, bool left) {
  const auto count = static_cast<uint64_t>(Whole(by));
  if (count >= 64) return 0;
  return left ? bits << count : bits >> count;
}

absl::StatusOr<Datum> Calculate(Op op, double left, double right) {
  switch (op) {
    case Op::kSubtract:
      return Datum::Number(left - right);
    case Op::kMultiply:
      return Datum::Number(left * right);
    case Op::kDivide:
      return Datum::Number(left / right);
    case Op::kModulus:
      return Datum::Number(std::fmod(left, right));
    case Op::kPower:
      return Datum::Number(std::pow(left, right));
    case Op::kBitAnd:
      return Datum::Number(static_cast<double>(Whole(left) & Whole(right)));
    case Op::kBitOr:
      return Datum::Number(static_cast<double>(Whole(left) | Whole(right)));
    case Op::kBitXor:
      return Datum::Number(static_cast<double>(Whole(left) ^ Whole(right)));
    case Op::kShiftLeft:
    case Op::kShiftRight:
      return Datum::Number(static_cast<double>(Shift(static_cast<uint64_t>(Whole(left)), right, op == Op::kShiftLeft)));
    default:
      return absl::InternalError("not an operator on numbers");
  }
}

absl::StatusOr<Datum> Ordered(Op op, const Datum& left, const Datum& right) {
  ASSIGN_OR_RETURN(const int order, Compare(left, right));
  switch (op) {
    case Op::kLess:
      return Datum::Bool(order == -1);
    case Op::kLessEqual:
      return Datum::Bool(order == -1 || order == 0);
    case Op::kGreater:
      return Datum::Bool(order == 1);
    default:
      return Datum::Bool(order == 1 || order == 0);
  }
}

}  // namespace

absl::StatusOr<Datum> Apply(Op op, const Datum& left, const Datum& right, Scratch& scratch) {
  switch (op) {
    case Op::kEqual:
      return Datum::Bool(Equal(left, right));
    case Op::kNotEqual:
      return Datum::Bool(!Equal(left, right));
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
      return Ordered(op, left, right);
    case Op::kRegex:
      return Matches(left, right);
    case Op::kNotRegex: {
      ASSIGN_OR_RETURN(const Datum matches, Matches(left, right));
      return Datum::Bool(!matches.flag);
    }
    case Op::kIn:
      return In(left, right);
    case Op::kAdd:
      return Add(left, right, scratch);
    default:
      if (!left.is(Kind::kNumber)) return WrongType(left, "a calculation", "a number");
      if (!right.is(Kind::kNumber)) return WrongType(right, "a calculation", "a number");
      return Calculate(op, left.number, right.number);
  }
}

}  // namespace smallbiznis::casbin
