#include "pkg/cel/plan/shape.h"

namespace smallbiznis::cel {
namespace {

bool HoldsMessages(const Shape& shape) {
  return shape.may_be(KindBit(Kind::kMessage)) || (shape.inner != nullptr && HoldsMessages(*shape.inner));
}

uint32_t ScalarKind(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kNull:
      return KindBit(Kind::kNull);
    case TypeKind::kBool:
      return KindBit(Kind::kBool);
    case TypeKind::kInt:
      return KindBit(Kind::kInt);
    case TypeKind::kUint:
      return KindBit(Kind::kUint);
    case TypeKind::kDouble:
      return KindBit(Kind::kDouble);
    case TypeKind::kTimestamp:
      return KindBit(Kind::kTimestamp);
    case TypeKind::kDuration:
      return KindBit(Kind::kDuration);
    case TypeKind::kAbstract:
      return type.is_money() ? KindBit(Kind::kMoney) : 0;
    case TypeKind::kDyn:
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kList:
    case TypeKind::kMap:
    case TypeKind::kType:
    case TypeKind::kWrapper:
    case TypeKind::kMessage:
    case TypeKind::kParam:
    case TypeKind::kError:
      return 0;
  }
  return 0;
}

}  // namespace

Shape Shapes::Of(const Type& type, const SizeHints& hints) {
  if (const uint32_t kind = ScalarKind(type); kind != 0) return Scalar(kind);
  if (type.is(TypeKind::kString)) return Text(Kind::kString, hints.text_bytes);
  if (type.is(TypeKind::kBytes)) return Text(Kind::kBytes, hints.text_bytes);
  if (type.is(TypeKind::kMessage)) return Scalar(KindBit(Kind::kMessage));
  if (type.is(TypeKind::kList) && ScalarKind(type.parameters()[0]) != 0) {
    return List(0, hints.items, Scalar(ScalarKind(type.parameters()[0])));
  }
  Shape shape = Open(hints);
  if (type.is(TypeKind::kList)) shape.kinds = KindBit(Kind::kList);
  if (type.is(TypeKind::kMap)) shape.kinds = KindBit(Kind::kMap);
  const bool messages = type.has_parameter() || std::any_of(type.parameters().begin(), type.parameters().end(),
                                                            [](const Type& t) { return t.is(TypeKind::kMessage); });
  if (messages) shape.kinds |= KindBit(Kind::kMessage);
  return shape;
}

Shape Shapes::List(int64_t least, int64_t most, const Shape& element, bool fails) {
  return {.kinds = KindBit(Kind::kList),
          .fails = fails,
          .least_items = least,
          .items = most,
          .inner = most > 0 ? Keep(element) : nullptr};
}

Shape Shapes::Open(const SizeHints& hints, bool fails) const {
  return {.kinds = kMeasured, .fails = fails, .text = hints.text_bytes, .items = hints.items, .open = true};
}

Shape Shapes::Of(const Value& constant) {
  Shape shape = Scalar(KindBit(constant.kind));
  if (shape.may_be(kTextKinds)) shape.text = constant.size;
  Shape inner;
  const auto add = [&](const Value& value) {
    const Shape one = Of(value);
    inner = inner.kinds == 0 ? one : Join(inner, one);
  };
  if (constant.is(Kind::kList)) {
    shape.items = shape.least_items = constant.size;
    for (uint32_t i = 0; i < constant.size; ++i) add(constant.items[i]);
  } else if (constant.is(Kind::kMap)) {
    shape.items = shape.least_items = constant.map->size;
    for (uint32_t i = 0; i < constant.map->size; ++i) {
      add(constant.map->entries[i].key);
      add(constant.map->entries[i].value);
    }
  } else if (constant.is(Kind::kOptional) && constant.items != nullptr) {
    shape.items = 1;
    add(*constant.items);
  }
  if (inner.kinds != 0) shape.inner = Keep(inner);
  return shape;
}

Shape Shapes::Join(const Shape& a, const Shape& b) {
  Shape joined = {.kinds = a.kinds | b.kinds,
                  .fails = a.fails || b.fails,
                  .text = std::max(a.text, b.text),
                  .least_items = std::min(a.least_items, b.least_items),
                  .items = std::max(a.items, b.items),
                  .open = a.open || b.open};
  if (joined.open) {
    joined.text = std::max(TotalText(a), TotalText(b));
    joined.items = std::max(TotalItems(a), TotalItems(b));
  } else if (a.inner != nullptr && b.inner != nullptr && a.inner != b.inner) {
    joined.inner = Keep(Join(*a.inner, *b.inner));
  } else {
    joined.inner = a.inner != nullptr ? a.inner : b.inner;
  }
  return joined;
}

Shape Shapes::Inner(const Shape& shape) const {
  Shape inner = shape.inner != nullptr && !shape.open ? *shape.inner : Scalar(kMeasured);
  if (shape.open) {
    inner.text = shape.text;
    inner.items = shape.items;
    inner.open = true;
  }
  inner.fails = false;
  return inner;
}

// A key and a value are two.
int64_t Shapes::TotalItems(const Shape& shape) {
  if (shape.open || shape.inner == nullptr) return shape.items;
  const int64_t each = Plus(1, TotalItems(*shape.inner));
  return Times(shape.items, shape.may_be(KindBit(Kind::kMap)) ? Times(2, each) : each);
}

int64_t Shapes::TotalText(const Shape& shape) {
  if (shape.open || shape.inner == nullptr) return shape.text;
  const int64_t each = TotalText(*shape.inner);
  return Plus(shape.text, Times(shape.items, shape.may_be(KindBit(Kind::kMap)) ? Times(2, each) : each));
}

int64_t Shapes::EqualityCost(const Shape& a, const Shape& b) {
  if (!a.may_be(b.kinds)) return 0;
  if (HoldsMessages(a) && HoldsMessages(b)) return kUnbounded;
  const int64_t text = std::min(TotalText(a), TotalText(b)) / 10;
  return Plus(text, Times(2, std::min(TotalItems(a), TotalItems(b))));  // an entry costs two
}

}  // namespace smallbiznis::cel
