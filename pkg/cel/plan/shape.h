// What is known of a value before there is one: of which kinds it may be, and how large.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "pkg/cel/value/type.h"
#include "pkg/cel/value/value.h"

namespace smallbiznis::cel {

// So much that no limit allows it. Sums and products stop there.
constexpr int64_t kUnbounded = INT64_MAX / 4;
inline int64_t Plus(int64_t a, int64_t b) {
  return std::min(a + b, kUnbounded);
}
inline int64_t Times(int64_t a, int64_t b) {
  int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? kUnbounded : std::min(product, kUnbounded);
}

constexpr uint32_t KindBit(Kind kind) {
  return uint32_t{1} << static_cast<uint32_t>(kind);
}
constexpr uint32_t kEveryKind = KindBit(Kind::kError) - 1;
constexpr uint32_t kMeasured = kEveryKind & ~KindBit(Kind::kMessage);
constexpr uint32_t kNumberKinds = KindBit(Kind::kInt) | KindBit(Kind::kUint) | KindBit(Kind::kDouble);
constexpr uint32_t kTextKinds = KindBit(Kind::kString) | KindBit(Kind::kBytes) | KindBit(Kind::kType);

// What hashing and comparing a text as a key costs.
inline int64_t KeyedText(int64_t bytes) {
  return bytes / 64;
}

struct Shape {
  uint32_t kinds = 0;
  bool fails = false;            // it may be an error instead
  int64_t text = 0;              // bytes of a text, at most
  int64_t least_items = 0;       // elements or entries
  int64_t items = 0;             // the same, at most; of an optional 1
  const Shape* inner = nullptr;  // bounds every element, key and value
  bool open = false;             // anything, also nested: `text` and `items` bound all of it together

  bool may_be(uint32_t of) const { return (kinds & of) != 0; }
  bool is_only(uint32_t of) const { return (kinds & ~of) == 0; }
  bool is_only(Kind kind) const { return is_only(KindBit(kind)); }
};

inline Shape Scalar(uint32_t kinds, bool fails = false) {
  return {.kinds = kinds, .fails = fails};
}
inline Shape Text(Kind kind, int64_t bytes, bool fails = false) {
  return {.kinds = KindBit(kind), .fails = fails, .text = bytes};
}

// How large the values of a variable are. Messages are not measured.
struct SizeHints {
  int64_t text_bytes = 0;  // of a text, or of all texts of one value together
  int64_t items = 0;       // elements and entries of one value, those inside of them counted too
};

// Makes shapes of shapes, and keeps the inner ones.
class Shapes {
 public:
  const Shape* Keep(const Shape& shape) { return &kept_.emplace_back(shape); }

  Shape List(int64_t least, int64_t most, const Shape& element, bool fails = false);
  Shape Open(const SizeHints& hints, bool fails = false) const;
  Shape Of(const Value& constant);
  Shape Of(const Type& type, const SizeHints& hints);
  // Either of the two.
  Shape Join(const Shape& a, const Shape& b);
  // An element, a key or a value of what may be a collection. Never an error.
  Shape Inner(const Shape& shape) const;

  // All values in it, and the bytes of all its texts.
  static int64_t TotalItems(const Shape& shape);
  static int64_t TotalText(const Shape& shape);
  // What comparing for equality costs, at most.
  static int64_t EqualityCost(const Shape& a, const Shape& b);

 private:
  std::deque<Shape> kept_;
};

}  // namespace smallbiznis::cel
