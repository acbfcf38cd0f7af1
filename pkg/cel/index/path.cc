#include "pkg/cel/index/path.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include "pkg/cel/message/reflect.h"
#include "pkg/cel/plan/ops.h"
#include "pkg/cel/value/compare.h"

namespace smallbiznis::cel {
namespace {

// One step on: false when the way ends here, and `attribute` says how.
bool Follow(const PathStep& step, Frame& frame, Attribute& attribute) {
  Value& value = attribute.value;
  attribute.reached = Reached::kMissing;
  if (step.key.is(Kind::kMoney)) {
    if (!value.is(Kind::kMoney) || value.size != step.key.size) return false;
    value = Value::Int(value.integer);
    return true;
  }
  if (value.is(Kind::kMap)) {
    const Value* entry = Find(*value.map, step.key);
    if (entry == nullptr) return false;
    value = *entry;
    return true;
  }
  if (value.is(Kind::kList) && !step.field && step.key.is(Kind::kInt)) {
    if (step.key.integer < 0 || step.key.integer >= value.size) return false;
    value = value.items[step.key.integer];
    return true;
  }
  attribute.reached = Reached::kUnsure;
  if (!value.is(Kind::kMessage) || !step.field) return false;
  const auto* field = FieldOf(frame, *value.message, step.key.view());
  if (field == nullptr || field->is_repeated()) return false;
  value = ReadField(frame, *value.message, *field);
  return true;
}

}  // namespace

std::string Path::Identity() const {
  std::string identity = fmt::format("{}", variable);
  for (const PathStep& step : steps) {
    if (step.key.is(Kind::kInt)) {
      identity += fmt::format("[{}]", step.key.integer);
    } else if (step.key.is(Kind::kMoney)) {
      identity += fmt::format("#{}", step.key.size);
    } else {
      identity += fmt::format("{}{}:{}", step.field ? '.' : '[', step.key.size, step.key.view());
    }
  }
  return identity;
}

std::optional<Path> PathOf(const Node& node) {
  if (node.evaluate == EvalVariable) return Path{node.slot, {}};
  const bool field = node.evaluate == EvalSelect;
  if (!field && node.evaluate != EvalIndex) return std::nullopt;
  const Value& key = field ? node.constant : node.b->constant;
  if (!field && (node.b->operand != Operand::kConstant || !(key.is(Kind::kString) || key.is(Kind::kInt)))) {
    return std::nullopt;
  }
  std::optional<Path> path = PathOf(*node.a);
  if (path && path->steps.size() >= kMostSteps) return std::nullopt;
  if (path) path->steps.push_back({field, key});
  return path;
}

Attribute Read(const Path& path, const Value* variables, Frame& frame) {
  Attribute attribute;
  attribute.value = variables[path.variable];
  if (attribute.value.is(Kind::kUnset)) attribute.reached = Reached::kMissing;
  if (attribute.value.is_abnormal()) return attribute;
  for (const PathStep& step : path.steps) {
    ++attribute.depth;
    if (!Follow(step, frame, attribute)) return attribute;
    if (attribute.value.is_abnormal()) break;
  }
  const bool clear = !attribute.value.is_abnormal() && !attribute.value.is(Kind::kOptional);
  attribute.reached = clear ? Reached::kValue : Reached::kUnsure;
  return attribute;
}

}  // namespace smallbiznis::cel
