// The extension library of lists, and of sets.
#include <algorithm>

#include "pkg/cel/lib/function.h"
#include "pkg/cel/value/compare.h"
#include "pkg/status/status.h"

namespace smallbiznis::cel {
namespace {

Value Slice(Frame& frame, const Value* args) {
  const int64_t from = args[1].integer;
  const int64_t to = args[2].integer;
  if (from < 0 || to < 0) return frame.Fail("cannot slice a list with a negative index");
  if (from > to) return frame.Fail("cannot slice a list: the start index is above the end index");
  if (to > args[0].size) return frame.Fail("cannot slice a list: index out of range");
  return Value::List(args[0].items + from, static_cast<uint32_t>(to - from));
}

// How many elements `list` has once it is flat to `depth`; -1 when that costs too much.
int64_t FlatSize(Frame& frame, const Value& list, int64_t depth) {
  int64_t size = 0;
  for (uint32_t i = 0; i < list.size; ++i) {
    if (!frame.Loop(1)) return -1;
    const bool inner = list.items[i].is(Kind::kList) && depth > 0;
    const int64_t more = inner ? FlatSize(frame, list.items[i], depth - 1) : 1;
    if (more < 0) return -1;
    size += more;
  }
  return size;
}

Value* CopyFlat(const Value& list, int64_t depth, Value* to) {
  for (uint32_t i = 0; i < list.size; ++i) {
    if (list.items[i].is(Kind::kList) && depth > 0) {
      to = CopyFlat(list.items[i], depth - 1, to);
    } else {
      *to++ = list.items[i];
    }
  }
  return to;
}

Value FlattenTo(Frame& frame, const Value& list, int64_t depth) {
  if (depth < 0) return frame.Fail("level must be non-negative");
  const int64_t size = FlatSize(frame, list, depth);
  if (size < 0 || size > UINT32_MAX) return frame.Stopped();
  auto* items = frame.NewArray<Value>(static_cast<size_t>(size));
  if (items == nullptr) return frame.Stopped();
  CopyFlat(list, depth, items);
  return Value::List(items, static_cast<uint32_t>(size));
}

Value Flatten(Frame& frame, const Value* args) {
  return FlattenTo(frame, args[0], 1);
}
Value FlattenDepth(Frame& frame, const Value* args) {
  return FlattenTo(frame, args[0], args[1].integer);
}

Value MakeRange(Frame& frame, const Value* args) {
  const int64_t n = args[0].integer;
  constexpr int64_t kMost = 1'000'000;
  if (n < 0) return frame.Fail("lists.range: the size must not be negative");
  if (n > kMost) return frame.Fail("lists.range: the size must not be above 1000000");
  if (!frame.Spend(n)) return frame.Stopped();
  auto* items = frame.NewArray<Value>(static_cast<size_t>(n));
  if (items == nullptr) return frame.Stopped();
  for (int64_t i = 0; i < n; ++i) items[i] = Value::Int(i);
  return Value::List(items, static_cast<uint32_t>(n));
}

Value Reverse(Frame& frame, const Value* args) {
  if (!frame.Spend(args[0].size)) return frame.Stopped();
  auto* items = frame.NewArray<Value>(args[0].size);
  if (items == nullptr) return frame.Stopped();
  std::reverse_copy(args[0].items, args[0].items + args[0].size, items);
  return Value::List(items, args[0].size);
}

Value Sort(Frame& frame, const Value* args) {
  const uint32_t size = args[0].size;
  auto* items = frame.NewArray<Value>(size);
  // The sort takes as much again.
  if (items == nullptr || !frame.Account(size * sizeof(Value))) return frame.Stopped();
  for (uint32_t i = 0; i < size; ++i) {
    items[i] = args[0].items[i];
    if (!frame.Loop(SortCost(items[i], size))) return frame.Stopped();
    if (Compare(items[i], items[i]) == Order::kMismatch) return frame.Fail("list elements must be comparable");
    if (!SameOrder(items[i], items[0])) return frame.Fail("list elements must have the same type");
  }
  std::stable_sort(items, items + size, [](const Value& a, const Value& b) { return Compare(a, b) == Order::kLess; });
  return Value::List(items, size);
}

// Whether `value` is among the `size` values from `items` on.
bool Has(Frame& frame, const Value* items, uint32_t size, const Value& value) {
  for (uint32_t i = 0; i < size; ++i) {
    if (!frame.Loop(1)) return false;
    if (Equal(frame, items[i], value)) return true;
  }
  return false;
}

Value Distinct(Frame& frame, const Value* args) {
  auto* items = frame.NewArray<Value>(args[0].size);
  if (items == nullptr) return frame.Stopped();
  uint32_t size = 0;
  for (uint32_t i = 0; i < args[0].size; ++i) {
    if (!Has(frame, items, size, args[0].items[i])) items[size++] = args[0].items[i];
    if (!frame.Loop(1)) return frame.Stopped();
  }
  return Value::List(items, size);
}

Value First(Frame& frame, const Value* args) {
  return args[0].size == 0 ? Value::Optional(nullptr) : frame.NewOptional(args[0].items[0]);
}
Value Last(Frame& frame, const Value* args) {
  return args[0].size == 0 ? Value::Optional(nullptr) : frame.NewOptional(args[0].items[args[0].size - 1]);
}

bool ContainsAll(Frame& frame, const Value& set, const Value& subset) {
  for (uint32_t i = 0; i < subset.size; ++i) {
    if (!Has(frame, set.items, set.size, subset.items[i])) return false;
  }
  return true;
}

Value SetsContains(Frame& frame, const Value* args) {
  const bool contains = ContainsAll(frame, args[0], args[1]);
  return frame.Loop(0) ? Value::Bool(contains) : frame.Stopped();
}
Value SetsEquivalent(Frame& frame, const Value* args) {
  const bool same = ContainsAll(frame, args[0], args[1]) && ContainsAll(frame, args[1], args[0]);
  return frame.Loop(0) ? Value::Bool(same) : frame.Stopped();
}
Value SetsIntersects(Frame& frame, const Value* args) {
  bool found = false;
  for (uint32_t i = 0; i < args[1].size && !found; ++i)
    found = Has(frame, args[0].items, args[0].size, args[1].items[i]);
  return frame.Loop(0) ? Value::Bool(found) : frame.Stopped();
}

constexpr LibraryRow kLists[] = {
    {"list(T).slice(int, int) -> list(T)", Slice},       {"list(list(T)).flatten() -> list(T)", Flatten},
    {"list(T).flatten(int) -> list(dyn)", FlattenDepth}, {"list(T).distinct() -> list(T)", Distinct},
    {"list(T).reverse() -> list(T)", Reverse},           {"list(T).sort() -> list(T)", Sort},
    {"list(T).first() -> optional(T)", First},           {"list(T).last() -> optional(T)", Last},
    {"lists.range(int) -> list(int)", MakeRange},
};
constexpr LibraryRow kSets[] = {
    {"sets.contains(list(T), list(T)) -> bool", SetsContains},
    {"sets.equivalent(list(T), list(T)) -> bool", SetsEquivalent},
    {"sets.intersects(list(T), list(T)) -> bool", SetsIntersects},
};

}  // namespace

absl::Status AddLists(Functions& functions) {
  return functions.AddAll(kLists);
}

absl::Status AddSets(Functions& functions) {
  return functions.AddAll(kSets);
}

}  // namespace smallbiznis::cel
