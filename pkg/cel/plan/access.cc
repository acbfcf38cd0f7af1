// Fields and indices, also of what may not be there.
#include <fmt/format.h>

#include "pkg/cel/message/reflect.h"
#include "pkg/cel/plan/ops.h"
#include "pkg/cel/value/compare.h"
#include "pkg/cel/value/show.h"

namespace smallbiznis::cel {
namespace {

enum class Found { kYes, kNo, kError };

// `value`.name of a map or a message. kNo: the key is not in the map, the field is not set.
Found Look(const Node& node, Frame& frame, const Value& target, Value& value) {
  if (target.is(Kind::kMap)) {
    frame.Charge(KeyCost(node.constant));
    const Value* entry = Find(*target.map, node.constant);
    if (entry != nullptr) value = *entry;
    return entry != nullptr ? Found::kYes : Found::kNo;
  }
  if (!target.is(Kind::kMessage)) {
    value = FailTextAt(node, frame,
                       fmt::format("no such overload: type '{}' does not support field selection", TypeName(target)));
    return Found::kError;
  }
  const google::protobuf::FieldDescriptor* field = node.field;
  if (field == nullptr || !IsFieldOf(*target.message, *field)) {
    field = FieldOf(frame, *target.message, node.constant.view());
  }
  if (field == nullptr) {
    value = FailTextAt(node, frame, fmt::format("no such field '{}'", node.constant.view()));
    return Found::kError;
  }
  const bool set = HasField(*target.message, *field);
  if (set || (!node.expr->test_only && !node.expr->optional)) value = ReadField(frame, *target.message, *field);
  if (value.is(Kind::kError)) {
    Placed(node, value);
    return Found::kError;
  }
  return set ? Found::kYes : Found::kNo;
}

// target[index], with kNo where there is no such element.
Found Element(const Node& node, Frame& frame, const Value& target, const Value& index, Value& value) {
  if (target.is(Kind::kMap)) {
    frame.Charge(KeyCost(index));
    const Value* entry = Find(*target.map, index);
    if (entry != nullptr) value = *entry;
    return entry != nullptr ? Found::kYes : Found::kNo;
  }
  if (!target.is(Kind::kList) || !index.is_number()) {
    value = NoOverloadAt(node, frame);
    return Found::kError;
  }
  const Order not_below = Compare(index, Value::Int(0));
  const Order below = Compare(index, Value::Int(target.size));
  if (not_below == Order::kLess || not_below == Order::kUnordered || below != Order::kLess) return Found::kNo;
  const auto at = index.is(Kind::kDouble) ? static_cast<uint64_t>(index.real) : index.natural;
  if (index.is(Kind::kDouble) && static_cast<double>(at) != index.real) {
    value = FailAt(node, frame, "invalid argument: the index is not a whole number");
    return Found::kError;
  }
  value = target.items[at];
  return Found::kYes;
}

Value Wrap(const Node& node, Frame& frame, Found found, const Value& value) {
  if (found == Found::kError) return value;
  return found == Found::kNo ? Value::Optional(nullptr) : Placed(node, frame.NewOptional(value));
}

// The field of what may be an optional, as an optional.
Value SelectOptionally(const Node& node, Frame& frame, const Value& target) {
  if (target.is(Kind::kOptional) && target.items == nullptr) return target;
  Value value;
  const Found found = Look(node, frame, target.is(Kind::kOptional) ? *target.items : target, value);
  return Wrap(node, frame, found, value);
}

}  // namespace

Value EvalSelect(const Node& node, Frame& frame) {
  frame.Charge(1);
  const Value target = Fetch(*node.a, frame);
  if (target.is_abnormal()) return target;
  if (target.is(Kind::kOptional)) return SelectOptionally(node, frame, target);
  Value value;
  const Found found = Look(node, frame, target, value);
  if (found == Found::kNo && target.is(Kind::kMap)) {
    return FailTextAt(node, frame, fmt::format("no such key: {}", node.constant.view()));
  }
  return value;
}

Value EvalHas(const Node& node, Frame& frame) {
  frame.Charge(1);
  Value target = Fetch(*node.a, frame);
  if (target.is_abnormal()) return target;
  if (target.is(Kind::kOptional)) {
    if (target.items == nullptr) return Value::Bool(false);
    target = *target.items;
  }
  Value value;
  const Found found = Look(node, frame, target, value);
  return found == Found::kError ? value : Value::Bool(found == Found::kYes);
}

Value EvalOptionalSelect(const Node& node, Frame& frame) {
  frame.Charge(1);
  const Value target = Fetch(*node.a, frame);
  return target.is_abnormal() ? target : SelectOptionally(node, frame, target);
}

Value EvalIndex(const Node& node, Frame& frame) {
  frame.Charge(1);
  const Value target = Fetch(*node.a, frame);
  const Value index = Fetch(*node.b, frame);
  if (target.is_abnormal() || index.is_abnormal()) return Merge(frame, target, index);
  Value value;
  if (target.is(Kind::kOptional)) {
    if (target.items == nullptr) return target;
    return Wrap(node, frame, Element(node, frame, *target.items, index, value), value);
  }
  const Found found = Element(node, frame, target, index, value);
  if (found != Found::kNo) return value;
  return FailTextAt(node, frame,
                    fmt::format("{}: {}", target.is(Kind::kMap) ? "no such key" : "index out of bounds", Show(index)));
}

Value EvalOptionalIndex(const Node& node, Frame& frame) {
  frame.Charge(1);
  Value target = Fetch(*node.a, frame);
  const Value index = Fetch(*node.b, frame);
  if (target.is_abnormal() || index.is_abnormal()) return Merge(frame, target, index);
  if (target.is(Kind::kOptional)) {
    if (target.items == nullptr) return target;
    target = *target.items;
  }
  Value value;
  const Found found = Element(node, frame, target, index, value);
  return Wrap(node, frame, found, value);
}

}  // namespace smallbiznis::cel
