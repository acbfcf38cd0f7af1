#include "pkg/cel/index/key.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "absl/hash/hash.h"

namespace smallbiznis::cel {
namespace {

constexpr uint64_t kSign = uint64_t{1} << 63;
constexpr int64_t kTwo53 = int64_t{1} << 53;

// -0.0 is 0.0.
double AsDouble(const Value& number) {
  if (number.is(Kind::kInt)) return static_cast<double>(number.integer);
  return number.is(Kind::kUint) ? static_cast<double>(number.natural) : number.real + 0.0;
}

// In the order of the doubles.
uint64_t PlaceOfDouble(double d) {
  const auto bits = std::bit_cast<uint64_t>(d);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

uint64_t PlaceOfInt(int64_t i) {
  return static_cast<uint64_t>(i) ^ kSign;
}

// The first eight bytes.
uint64_t PlaceOfText(std::string_view text) {
  uint64_t place = 0;
  for (size_t i = 0; i < 8; ++i) place = place << 8 | (i < text.size() ? static_cast<uint8_t>(text[i]) : 0);
  return place;
}

// Whether every smaller (or larger) value has a lower (or higher) place, so that an end may be left out.
bool EndsExactly(Bound bound, const Value& limit) {
  switch (DomainOf(limit)) {
    case Domain::kBool:
    case Domain::kDuration:
      return true;
    case Domain::kNumber:
      if (limit.is(Kind::kInt)) return limit.integer < kTwo53 && limit.integer > -kTwo53;
      return limit.is(Kind::kDouble) || limit.natural < static_cast<uint64_t>(kTwo53);
    case Domain::kTimestamp:
      return bound == Bound::kBelow && limit.size == 0;
    case Domain::kNull:
    case Domain::kString:
    case Domain::kBytes:
    case Domain::kNone:
      return false;
  }
  return false;
}

}  // namespace

Domain DomainOf(const Value& value) {
  switch (value.kind) {
    case Kind::kNull:
      return Domain::kNull;
    case Kind::kBool:
      return Domain::kBool;
    case Kind::kInt:
    case Kind::kUint:
    case Kind::kDouble:
      return Domain::kNumber;
    case Kind::kString:
      return Domain::kString;
    case Kind::kBytes:
      return Domain::kBytes;
    case Kind::kTimestamp:
      return Domain::kTimestamp;
    case Kind::kDuration:
      return Domain::kDuration;
    case Kind::kList:
    case Kind::kMap:
    case Kind::kMessage:
    case Kind::kType:
    case Kind::kOptional:
    case Kind::kOpaque:
    case Kind::kMoney:  // filed as a number, by a path that asks for its currency
    case Kind::kError:
    case Kind::kUnknown:
    case Kind::kUnset:
      return Domain::kNone;
  }
  return Domain::kNone;
}

size_t KeyHash::operator()(const Key& key) const {
  if (key.is_text()) return absl::HashOf(key.domain, absl::string_view(key.text, key.size));
  return absl::HashOf(key.domain, key.size, key.number);
}

std::optional<Key> KeyOf(const Value& value) {
  Key key;
  key.domain = DomainOf(value);
  switch (key.domain) {
    case Domain::kNull:
      return key;
    case Domain::kBool:
      key.number = value.boolean ? 1 : 0;
      return key;
    case Domain::kNumber: {
      const double d = AsDouble(value);
      key.number = std::bit_cast<uint64_t>(d);
      return std::isnan(d) ? std::nullopt : std::optional(key);
    }
    case Domain::kString:
    case Domain::kBytes:
      key.text = value.text;
      key.size = value.size;
      return key;
    case Domain::kTimestamp:
      key.number = static_cast<uint64_t>(value.integer);
      key.size = value.size;
      return key;
    case Domain::kDuration:
      key.number = static_cast<uint64_t>(value.integer);
      return key;
    case Domain::kNone:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<uint64_t> PlaceOf(const Value& value) {
  switch (DomainOf(value)) {
    case Domain::kBool:
      return value.boolean ? 1 : 0;
    case Domain::kNumber: {
      const double d = AsDouble(value);
      return std::isnan(d) ? std::nullopt : std::optional(PlaceOfDouble(d));
    }
    case Domain::kString:
    case Domain::kBytes:
      return PlaceOfText(value.view());
    case Domain::kTimestamp:
    case Domain::kDuration:
      return PlaceOfInt(value.integer);
    case Domain::kNull:
    case Domain::kNone:
      return std::nullopt;
  }
  return std::nullopt;
}

Interval Intersection(const Interval& a, const Interval& b) {
  return {std::max(a.low, b.low), std::min(a.high, b.high)};
}

std::optional<Interval> Passing(Bound bound, const Value& limit) {
  const Domain domain = DomainOf(limit);
  if (domain == Domain::kNull || domain == Domain::kNone) return std::nullopt;
  const std::optional<uint64_t> place = PlaceOf(limit);
  if (!place) return kEmptyInterval;
  const bool exact = EndsExactly(bound, limit);
  switch (bound) {
    case Bound::kBelow:
      if (exact && *place == 0) return kEmptyInterval;
      return Interval{0, exact ? *place - 1 : *place};
    case Bound::kAtMost:
      return Interval{0, *place};
    case Bound::kAbove:
      if (exact && *place == UINT64_MAX) return kEmptyInterval;
      return Interval{exact ? *place + 1 : *place, UINT64_MAX};
    case Bound::kAtLeast:
      return Interval{*place, UINT64_MAX};
  }
  return std::nullopt;
}

}  // namespace smallbiznis::cel
