// Lists, maps and messages that an expression spells out.
#include <fmt/format.h>

#include "pkg/cel/message/reflect.h"
#include "pkg/cel/plan/ops.h"
#include "pkg/cel/value/compare.h"
#include "pkg/cel/value/show.h"

namespace smallbiznis::cel {
namespace {

// What an element preceded by '?' comes to: false where it is left out or, with `error` set, no optional.
bool Unwrap(const Node& node, Frame& frame, size_t i, Value& value, Value& error) {
  if (!node.optionals || !node.expr->optionals[i]) return true;
  if (!value.is(Kind::kOptional)) {
    error =
        FailTextAt(node, frame, fmt::format("no such overload: an optional is expected, found {}", TypeName(value)));
    return false;
  }
  if (value.items == nullptr) return false;
  value = *value.items;
  return true;
}

}  // namespace

Value EvalList(const Node& node, Frame& frame) {
  frame.Charge(kLiteralCost);
  auto* items = frame.NewArray<Value>(node.args.size());
  if (items == nullptr) return Placed(node, frame.Stopped());
  uint32_t size = 0;
  Value abnormal;
  for (size_t i = 0; i < node.args.size(); ++i) {
    Value value = Fetch(*node.args[i], frame);
    if (value.is_abnormal()) {
      abnormal = abnormal.is_abnormal() ? Merge(frame, abnormal, value) : value;
      if (abnormal.is(Kind::kError)) return abnormal;
      continue;
    }
    if (Unwrap(node, frame, i, value, abnormal)) items[size++] = value;
    if (abnormal.is(Kind::kError)) return abnormal;
  }
  return abnormal.is_abnormal() ? abnormal : Value::List(items, size);
}

Value EvalMap(const Node& node, Frame& frame) {
  frame.Charge(kLiteralCost);
  const size_t most = node.args.size() / 2;
  auto* entries = frame.NewArray<MapEntry>(most);
  auto* map = frame.NewArray<MapObject>(1);
  if (entries == nullptr || map == nullptr || !frame.Spend(static_cast<int64_t>(most))) {
    return Placed(node, frame.Stopped());
  }
  uint32_t size = 0;
  Value abnormal;
  for (size_t i = 0; i < most; ++i) {
    const Value key = Fetch(*node.args[2 * i], frame);
    Value value = Fetch(*node.args[2 * i + 1], frame);
    if (key.is_abnormal() || value.is_abnormal()) {
      abnormal = abnormal.is_abnormal() ? Merge(frame, abnormal, Merge(frame, key, value)) : Merge(frame, key, value);
      if (abnormal.is(Kind::kError)) return abnormal;
      continue;
    }
    if (!IsKey(key)) return FailTextAt(node, frame, fmt::format("unsupported key type: {}", TypeName(key)));
    frame.Charge(KeyCost(key));
    if (Unwrap(node, frame, i, value, abnormal)) entries[size++] = {key, value};
    if (abnormal.is(Kind::kError)) return abnormal;
  }
  if (abnormal.is_abnormal()) return abnormal;
  if (frame.cost_left < 0) return Placed(node, frame.Stopped());
  if (!BuildMap(frame.arena(), entries, size, *map)) return FailAt(node, frame, "Failed with repeated key");
  return Value::Map(map);
}

Value EvalStruct(const Node& node, Frame& frame) {
  frame.Charge(kLiteralCost);
  if (node.message == nullptr) return FailTextAt(node, frame, fmt::format("unknown type: {}", node.expr->name));
  google::protobuf::Message* message = NewMessage(frame, *node.message);
  if (message == nullptr) return Placed(node, frame.Stopped());
  Value abnormal;
  for (size_t i = 0; i < node.args.size(); ++i) {
    Value value = Fetch(*node.args[i], frame);
    if (value.is_abnormal()) return value;
    const google::protobuf::FieldDescriptor* field = FieldOf(frame, *message, node.expr->names[i]);
    if (field == nullptr) return FailTextAt(node, frame, fmt::format("no such field '{}'", node.expr->names[i]));
    const bool keep = Unwrap(node, frame, i, value, abnormal);
    if (abnormal.is(Kind::kError)) return abnormal;
    if (!keep) continue;
    const Value error = WriteField(frame, *message, *field, value);
    if (error.is(Kind::kError)) return Placed(node, error);
  }
  return Placed(node, FromMessage(frame, *message));
}

}  // namespace smallbiznis::cel
