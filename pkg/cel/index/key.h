// Values as the index files them: equal values under one key, smaller values at lower places.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "pkg/cel/value/value.h"

namespace smallbiznis::cel {

// What is comparable with each other. int, uint and double are one domain: they compare by value.
enum class Domain : uint8_t { kNull, kBool, kNumber, kString, kBytes, kTimestamp, kDuration, kNone };
constexpr size_t kDomains = 7;

Domain DomainOf(const Value& value);

// Values that are equal have the same key. Two different numbers may share one: beyond 2^53 an int equals every double
// that it rounds to, so numbers are filed as doubles.
struct Key {
  Domain domain = Domain::kNone;
  uint32_t size = 0;  // of a text; nanoseconds of a timestamp
  union {
    uint64_t number = 0;
    const char* text;  // of the value's
  };

  std::string_view view() const { return {text, size}; }
  bool is_text() const { return domain == Domain::kString || domain == Domain::kBytes; }
  friend bool operator==(const Key& a, const Key& b) {
    if (a.domain != b.domain || a.size != b.size) return false;
    return a.is_text() ? a.view() == b.view() : a.number == b.number;
  }
};
struct KeyHash {
  size_t operator()(const Key& key) const;
};

// Nothing for NaN, which equals nothing, and for what is no scalar.
std::optional<Key> KeyOf(const Value& value);

// Where a value stands in its domain: of two values the smaller one never has the higher place. Nothing for NaN, and in
// domains without an order.
std::optional<uint64_t> PlaceOf(const Value& value);

// The places of the values that pass a test: at least those, both ends included.
struct Interval {
  uint64_t low = 0;
  uint64_t high = UINT64_MAX;

  bool empty() const { return low > high; }
  bool has(uint64_t place) const { return low <= place && place <= high; }
};
constexpr Interval kEmptyInterval = {1, 0};
Interval Intersection(const Interval& a, const Interval& b);

enum class Bound : uint8_t { kBelow, kAtMost, kAbove, kAtLeast };
// Of the values that are below `limit` and so on; empty for NaN. Nothing where the limit's domain has no order.
std::optional<Interval> Passing(Bound bound, const Value& limit);

}  // namespace smallbiznis::cel
