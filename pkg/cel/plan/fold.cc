// Comprehensions.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "pkg/cel/plan/ops.h"
#include "pkg/cel/value/compare.h"

namespace smallbiznis::cel {
namespace {

// The elements of a list, or the entries of a map, one after the other in the variables of the fold.
class Range {
 public:
  // Evaluates the range; false when `result` is what the fold comes to.
  bool Open(const Node& node, Frame& frame, Value& result) {
    frame.Charge(1);
    const Value range = Fetch(*node.a, frame);
    two_ = node.expr->names.size() == 2;
    variables_ = frame.locals + node.slot;
    if (range.is(Kind::kList)) {
      items_ = range.items;
      size_ = range.size;
      return true;
    }
    if (range.is(Kind::kMap)) {
      entries_ = range.map->entries;
      size_ = range.map->size;
      return true;
    }
    result = range.is_abnormal() ? range : NoOverloadAt(node, frame);
    return false;
  }

  uint32_t size() const { return size_; }
  const Value& key(uint32_t i) const { return entries_ != nullptr ? entries_[i].key : items_[i]; }

  void Set(uint32_t i) const {
    if (two_) {
      variables_[0] = entries_ != nullptr ? entries_[i].key : Value::Int(i);
      variables_[1] = entries_ != nullptr ? entries_[i].value : items_[i];
    } else {
      variables_[0] = key(i);
    }
  }

  bool is_map() const { return entries_ != nullptr; }

 private:
  const Value* items_ = nullptr;
  const MapEntry* entries_ = nullptr;
  Value* variables_ = nullptr;
  uint32_t size_ = 0;
  bool two_ = false;
};

// exists: `decisive` true; all: false. As || and && over the elements.
template <bool decisive>
Value Quantify(const Node& node, Frame& frame) {
  Range range;
  Value result;
  if (!range.Open(node, frame, result)) return result;
  Value pending = Value::Bool(!decisive);
  for (uint32_t i = 0; i < range.size(); ++i) {
    if (!frame.Loop(1)) return Placed(node, frame.Stopped());
    range.Set(i);
    Value value = Fetch(*node.c, frame);
    if (value.is(Kind::kBool)) {
      if (value.boolean == decisive) return value;
      continue;
    }
    if (!value.is_abnormal()) value = NoOverloadAt(node, frame);
    if (value.is(Kind::kError) && value.error->fatal) return value;
    pending = pending.is(Kind::kBool) ? value : Merge(frame, pending, value);
  }
  return pending;
}

// The filter's word on the element: false with `result` null where it is left out.
bool Passes(const Node& node, Frame& frame, Value& result) {
  if (node.b == nullptr) return true;
  const Value value = Fetch(*node.b, frame);
  result = Value::Null();
  if (value.is(Kind::kBool)) return value.boolean;
  result = value.is_abnormal() ? value : NoOverloadAt(node, frame);
  return false;
}

}  // namespace

Value EvalAll(const Node& node, Frame& frame) {
  return Quantify<false>(node, frame);
}

Value EvalExists(const Node& node, Frame& frame) {
  return Quantify<true>(node, frame);
}

Value EvalExistsOne(const Node& node, Frame& frame) {
  Range range;
  Value result;
  if (!range.Open(node, frame, result)) return result;
  int64_t count = 0;
  for (uint32_t i = 0; i < range.size(); ++i) {
    if (!frame.Loop(1)) return Placed(node, frame.Stopped());
    range.Set(i);
    const Value value = Fetch(*node.c, frame);
    if (!value.is(Kind::kBool)) return value.is_abnormal() ? value : NoOverloadAt(node, frame);
    count += value.boolean ? 1 : 0;
  }
  return Value::Bool(count == 1);
}

Value EvalFilter(const Node& node, Frame& frame) {
  Range range;
  Value result;
  if (!range.Open(node, frame, result)) return result;
  auto* items = frame.NewArray<Value>(range.size());
  if (items == nullptr) return Placed(node, frame.Stopped());
  uint32_t size = 0;
  for (uint32_t i = 0; i < range.size(); ++i) {
    if (!frame.Loop(1)) return Placed(node, frame.Stopped());
    range.Set(i);
    const Value value = Fetch(*node.c, frame);
    if (!value.is(Kind::kBool)) return value.is_abnormal() ? value : NoOverloadAt(node, frame);
    if (value.boolean) items[size++] = range.key(i);
  }
  return Value::List(items, size);
}

Value EvalMapped(const Node& node, Frame& frame) {
  Range range;
  Value result;
  if (!range.Open(node, frame, result)) return result;
  auto* items = frame.NewArray<Value>(range.size());
  if (items == nullptr) return Placed(node, frame.Stopped());
  uint32_t size = 0;
  for (uint32_t i = 0; i < range.size(); ++i) {
    if (!frame.Loop(1)) return Placed(node, frame.Stopped());
    range.Set(i);
    if (!Passes(node, frame, result)) {
      if (result.is_abnormal()) return result;
      continue;
    }
    const Value value = Fetch(*node.c, frame);
    if (value.is_abnormal()) return value;
    items[size++] = value;
  }
  return Value::List(items, size);
}

namespace {

Value FinishMap(const Node& node, Frame& frame, const MapEntry* entries, uint32_t size) {
  auto* map = frame.NewArray<MapObject>(1);
  if (map == nullptr || !frame.Spend(size)) return Placed(node, frame.Stopped());
  for (uint32_t i = 0; i < size; ++i) frame.Charge(KeyCost(entries[i].key));
  if (frame.cost_left < 0) return Placed(node, frame.Stopped());
  if (!BuildMap(frame.arena(), entries, size, *map)) return FailAt(node, frame, "insert failed: key already exists");
  return Value::Map(map);
}

}  // namespace

Value EvalTransformMap(const Node& node, Frame& frame) {
  Range range;
  Value result;
  if (!range.Open(node, frame, result)) return result;
  auto* entries = frame.NewArray<MapEntry>(range.size());
  if (entries == nullptr) return Placed(node, frame.Stopped());
  uint32_t size = 0;
  for (uint32_t i = 0; i < range.size(); ++i) {
    if (!frame.Loop(1)) return Placed(node, frame.Stopped());
    range.Set(i);
    if (!Passes(node, frame, result)) {
      if (result.is_abnormal()) return result;
      continue;
    }
    const Value value = Fetch(*node.c, frame);
    if (value.is_abnormal()) return value;
    entries[size++] = {frame.locals[node.slot], value};
  }
  return FinishMap(node, frame, entries, size);
}

Value EvalTransformMapEntry(const Node& node, Frame& frame) {
  Range range;
  Value result;
  if (!range.Open(node, frame, result)) return result;
  uint32_t size = 0;
  uint32_t room = range.size();
  auto* entries = frame.NewArray<MapEntry>(room);
  if (entries == nullptr) return Placed(node, frame.Stopped());
  for (uint32_t i = 0; i < range.size(); ++i) {
    if (!frame.Loop(1)) return Placed(node, frame.Stopped());
    range.Set(i);
    if (!Passes(node, frame, result)) {
      if (result.is_abnormal()) return result;
      continue;
    }
    const Value value = Fetch(*node.c, frame);
    if (!value.is(Kind::kMap)) return value.is_abnormal() ? value : NoOverloadAt(node, frame);
    if (size + uint64_t{value.map->size} > room) {
      const uint64_t wanted = 2 * (size + uint64_t{value.map->size});
      auto* larger = wanted > UINT32_MAX ? nullptr : frame.NewArray<MapEntry>(wanted);
      if (larger == nullptr) return Placed(node, frame.Stopped());
      std::copy(entries, entries + size, larger);
      entries = larger;
      room = static_cast<uint32_t>(wanted);
    }
    if (!frame.Spend(value.map->size)) return Placed(node, frame.Stopped());
    std::copy(value.map->entries, value.map->entries + value.map->size, entries + size);
    size += value.map->size;
  }
  return FinishMap(node, frame, entries, size);
}

Value EvalSortBy(const Node& node, Frame& frame) {
  Range range;
  Value result;
  if (!range.Open(node, frame, result)) return result;
  if (range.is_map()) return NoOverloadAt(node, frame);
  const uint32_t size = range.size();
  struct Pair {
    Value key;
    Value item;
  };
  auto* pairs = frame.NewArray<Pair>(size);
  auto* items = frame.NewArray<Value>(size);
  // The sort takes as much again.
  if (pairs == nullptr || items == nullptr || !frame.Account(size * sizeof(Pair))) return Placed(node, frame.Stopped());
  for (uint32_t i = 0; i < size; ++i) {
    if (!frame.Loop(1)) return Placed(node, frame.Stopped());
    range.Set(i);
    pairs[i] = {Fetch(*node.c, frame), range.key(i)};
    const Value& key = pairs[i].key;
    if (key.is_abnormal()) return key;
    if (!frame.Spend(SortCost(key, size))) return Placed(node, frame.Stopped());
    if (Compare(key, key) == Order::kMismatch) return FailAt(node, frame, "list elements must be comparable");
    if (!SameOrder(key, pairs[0].key)) return FailAt(node, frame, "list elements must have the same type");
  }
  std::stable_sort(pairs, pairs + size,
                   [](const Pair& a, const Pair& b) { return Compare(a.key, b.key) == Order::kLess; });
  std::transform(pairs, pairs + size, items, [](const Pair& pair) { return pair.item; });
  return Value::List(items, size);
}

namespace {

Value OptionalBody(const Node& node, Frame& frame, bool flat) {
  frame.Charge(1);
  const Value target = Fetch(*node.a, frame);
  if (target.is_abnormal()) return target;
  if (!target.is(Kind::kOptional)) return NoOverloadAt(node, frame);
  if (target.items == nullptr) return target;
  frame.locals[node.slot] = *target.items;
  const Value value = Fetch(*node.c, frame);
  if (value.is_abnormal()) return value;
  if (!flat) return Placed(node, frame.NewOptional(value));
  return value.is(Kind::kOptional) ? value : NoOverloadAt(node, frame);
}

}  // namespace

Value EvalOptMap(const Node& node, Frame& frame) {
  return OptionalBody(node, frame, false);
}

Value EvalOptFlatMap(const Node& node, Frame& frame) {
  return OptionalBody(node, frame, true);
}

Value EvalBind(const Node& node, Frame& frame) {
  frame.Charge(1);
  for (size_t i = 0; i < node.expr->names.size(); ++i)
    frame.locals[static_cast<size_t>(node.slot) + i] = Value::Unset();
  return Fetch(*node.c, frame);
}

}  // namespace smallbiznis::cel
