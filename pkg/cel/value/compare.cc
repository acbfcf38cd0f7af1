#include "pkg/cel/value/compare.h"

#include <cmath>
#include <cstring>

#include "absl/hash/hash.h"
#include "pkg/cel/message/reflect.h"

namespace smallbiznis::cel {
namespace {

constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;
constexpr int kSmallMap = 8;

template <typename T>
Order Three(const T& a, const T& b) {
  return a < b ? Order::kLess : b < a ? Order::kGreater : Order::kEqual;
}

Order Flip(Order order) {
  return order == Order::kLess ? Order::kGreater : order == Order::kGreater ? Order::kLess : order;
}

// Between an int or a uint and a double as doubles, where the double is near enough: what other implementations do too.
Order IntDouble(int64_t i, double d) {
  if (std::isnan(d)) return Order::kUnordered;
  return d > kTwo63 ? Order::kLess : d < -kTwo63 ? Order::kGreater : Three(static_cast<double>(i), d);
}

Order UintDouble(uint64_t u, double d) {
  if (std::isnan(d)) return Order::kUnordered;
  return d > kTwo64 ? Order::kLess : d < 0 ? Order::kGreater : Three(static_cast<double>(u), d);
}

Order IntUint(int64_t i, uint64_t u) {
  return i < 0 ? Order::kLess : Three(static_cast<uint64_t>(i), u);
}

Order Doubles(double a, double b) {
  return std::isnan(a) || std::isnan(b) ? Order::kUnordered : Three(a, b);
}

Order Numbers(const Value& a, const Value& b) {
  if (a.is(Kind::kInt)) {
    if (b.is(Kind::kInt)) return Three(a.integer, b.integer);
    return b.is(Kind::kUint) ? IntUint(a.integer, b.natural) : IntDouble(a.integer, b.real);
  }
  if (a.is(Kind::kUint)) {
    if (b.is(Kind::kUint)) return Three(a.natural, b.natural);
    return b.is(Kind::kInt) ? Flip(IntUint(b.integer, a.natural)) : UintDouble(a.natural, b.real);
  }
  if (b.is(Kind::kInt)) return Flip(IntDouble(b.integer, a.real));
  return b.is(Kind::kUint) ? Flip(UintDouble(b.natural, a.real)) : Doubles(a.real, b.real);
}

// The key under which a map holds it: a double that is a whole number as an int or a uint.
bool Canonical(const Value& key, Value& canonical) {
  canonical = key;
  if (key.is(Kind::kUint) && key.natural <= INT64_MAX) canonical = Value::Int(static_cast<int64_t>(key.natural));
  if (!key.is(Kind::kDouble)) return IsKey(key);
  const double d = key.real;
  if (std::isnan(d) || std::trunc(d) != d || d < -kTwo63 || d >= kTwo64) return false;
  canonical = d < kTwo63 ? Value::Int(static_cast<int64_t>(d)) : Value::Uint(static_cast<uint64_t>(d));
  return true;
}

size_t HashKey(const Value& key) {
  if (key.is(Kind::kString)) return absl::HashOf(key.view().size(), absl::string_view(key.text, key.size));
  if (key.is(Kind::kBool)) return key.boolean ? 3 : 5;
  return absl::HashOf(key.natural);
}

bool SameKey(const Value& entry, const Value& canonical) {
  if (entry.is(Kind::kUint) && canonical.is(Kind::kInt)) {
    return canonical.integer >= 0 && entry.natural == static_cast<uint64_t>(canonical.integer);
  }
  if (entry.kind != canonical.kind) return false;
  if (entry.is(Kind::kString)) return entry.view() == canonical.view();
  return entry.is(Kind::kBool) ? entry.boolean == canonical.boolean : entry.natural == canonical.natural;
}

bool MapsEqual(Frame& frame, const MapObject& a, const MapObject& b) {
  if (a.size != b.size) return false;
  for (uint32_t i = 0; i < a.size; ++i) {
    if (!frame.Loop(2 + KeyCost(a.entries[i].key))) return false;
    const Value* other = Find(b, a.entries[i].key);
    if (other == nullptr || !Equal(frame, a.entries[i].value, *other)) return false;
  }
  return true;
}

bool ListsEqual(Frame& frame, const Value& a, const Value& b) {
  if (a.size != b.size) return false;
  for (uint32_t i = 0; i < a.size; ++i) {
    if (!frame.Loop(1) || !Equal(frame, a.items[i], b.items[i])) return false;
  }
  return true;
}

bool OptionalsEqual(Frame& frame, const Value& a, const Value& b) {
  if (a.items == nullptr || b.items == nullptr) return a.items == b.items;
  return Equal(frame, *a.items, *b.items);
}

}  // namespace

bool Equal(Frame& frame, const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return Numbers(a, b) == Order::kEqual;
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return a.boolean == b.boolean;
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kType:
      frame.Charge(std::min(a.size, b.size) / 10);
      return a.view() == b.view();
    case Kind::kTimestamp:
      return a.integer == b.integer && a.size == b.size;
    case Kind::kDuration:
      return a.integer == b.integer;
    case Kind::kMoney:
      return a.integer == b.integer && a.size == b.size;
    case Kind::kList:
      return ListsEqual(frame, a, b);
    case Kind::kMap:
      return MapsEqual(frame, *a.map, *b.map);
    case Kind::kMessage:
      return MessagesEqual(frame, *a.message, *b.message);
    case Kind::kOptional:
      return OptionalsEqual(frame, a, b);
    case Kind::kOpaque:
      return a.opaque->type == b.opaque->type &&
             std::memcmp(a.opaque->bytes, b.opaque->bytes, sizeof(a.opaque->bytes)) == 0;
    case Kind::kInt:
    case Kind::kUint:
    case Kind::kDouble:
    case Kind::kError:
    case Kind::kUnknown:
    case Kind::kUnset:
      return false;
  }
  return false;
}

Order Compare(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return Numbers(a, b);
  if (a.kind != b.kind) return Order::kMismatch;
  if (a.is(Kind::kString) || a.is(Kind::kBytes)) return Three(a.view(), b.view());
  if (a.is(Kind::kBool)) return Three(a.boolean, b.boolean);
  if (a.is(Kind::kDuration) || (a.is(Kind::kMoney) && a.size == b.size)) return Three(a.integer, b.integer);
  if (!a.is(Kind::kTimestamp)) return Order::kMismatch;
  return a.integer != b.integer ? Three(a.integer, b.integer) : Three(a.size, b.size);
}

const Value* Find(const MapObject& map, const Value& key) {
  if (map.index == nullptr && key.is(Kind::kString)) {
    for (uint32_t i = 0; i < map.size; ++i) {
      const Value& entry = map.entries[i].key;
      if (entry.is(Kind::kString) && entry.view() == key.view()) return &map.entries[i].value;
    }
    return nullptr;
  }
  Value canonical;
  if (!Canonical(key, canonical)) return nullptr;
  if (map.index == nullptr) {
    for (uint32_t i = 0; i < map.size; ++i) {
      if (SameKey(map.entries[i].key, canonical)) return &map.entries[i].value;
    }
    return nullptr;
  }
  for (size_t at = HashKey(canonical) & map.mask; map.index[at] != 0; at = (at + 1) & map.mask) {
    const MapEntry& entry = map.entries[map.index[at] - 1];
    if (SameKey(entry.key, canonical)) return &entry.value;
  }
  return nullptr;
}

bool BuildMap(Arena& arena, const MapEntry* entries, uint32_t size, MapObject& map) {
  map = MapObject{entries, size};
  Value canonical;
  if (size <= kSmallMap) {
    for (map.size = 0; map.size < size; ++map.size) {
      if (Find(map, entries[map.size].key) != nullptr) return false;
    }
    return true;
  }
  uint32_t slots = 16;
  while (slots < size * 2) slots *= 2;
  auto* index = arena.NewArray<uint32_t>(slots);
  std::memset(index, 0, slots * sizeof(uint32_t));
  map.mask = slots - 1;
  map.index = index;
  for (uint32_t i = 0; i < size; ++i) {
    Canonical(entries[i].key, canonical);
    size_t at = HashKey(canonical) & map.mask;
    for (; index[at] != 0; at = (at + 1) & map.mask) {
      if (SameKey(entries[index[at] - 1].key, canonical)) return false;
    }
    index[at] = i + 1;
  }
  return true;
}

std::string_view TypeName(const Value& value) {
  static constexpr std::string_view kNames[] = {"null_type",
                                                "bool",
                                                "int",
                                                "uint",
                                                "double",
                                                "string",
                                                "bytes",
                                                "google.protobuf.Timestamp",
                                                "google.protobuf.Duration",
                                                "list",
                                                "map",
                                                "message",
                                                "type",
                                                "optional_type",
                                                "opaque",
                                                "money",
                                                "error",
                                                "unknown",
                                                "unset"};
  if (value.is(Kind::kMessage)) return MessageTypeName(*value.message);
  if (value.is(Kind::kOpaque)) return value.opaque->type;
  return kNames[static_cast<size_t>(value.kind)];
}

}  // namespace smallbiznis::cel
