// Equality, order and identity of map keys, as the specification has them: across the numeric types, and never an
// error.
#pragma once

#include <bit>
#include <cstdint>

#include "pkg/cel/value/frame.h"
#include "pkg/cel/value/value.h"

namespace smallbiznis::cel {

// Lists and maps by their elements, messages by their fields; NaN equals nothing. Charges what it looks at: a frame
// that has no cost left afterwards has seen only part of the values, and its evaluation is an error.
bool Equal(Frame& frame, const Value& a, const Value& b);

enum class Order : int8_t { kLess = -1, kEqual = 0, kGreater = 1, kUnordered, kMismatch };

// kUnordered where a NaN takes part; kMismatch where the types have no order between them.
Order Compare(const Value& a, const Value& b);

// Whether the two, each of which has an order with itself, have one with each other that sorting can rely on.
inline bool SameOrder(const Value& a, const Value& b) {
  return a.kind == b.kind && (!a.is(Kind::kMoney) || a.size == b.size);
}

// The value of `key` in `map`, null when it is not there. Numbers are found by value: 1, 1u and 1.0 are one key.
const Value* Find(const MapObject& map, const Value& key);

// Puts the entries together: false when two keys are the same. `entries` is kept, not copied.
bool BuildMap(Arena& arena, const MapEntry* entries, uint32_t size, MapObject& map);

// What Find() and BuildMap() cost beside one unit: a long text is read to be hashed and compared.
inline int64_t KeyCost(const Value& key) {
  return key.is(Kind::kString) ? key.size / 64 : 0;
}

// What sorting costs for each of the `size` values.
inline int64_t SortCost(const Value& value, uint32_t size) {
  const bool text = value.is(Kind::kString) || value.is(Kind::kBytes);
  return static_cast<int64_t>(std::bit_width(size)) * (1 + (text ? value.size / 64 : 0));
}

// Whether a value may be a key of a map.
inline bool IsKey(const Value& v) {
  return v.is(Kind::kString) || v.is(Kind::kInt) || v.is(Kind::kUint) || v.is(Kind::kBool);
}

// The name of the value's type: "int", "map", "google.protobuf.Timestamp", a message's full name.
std::string_view TypeName(const Value& value);

}  // namespace smallbiznis::cel
