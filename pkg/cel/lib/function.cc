#include "pkg/cel/lib/function.h"

#include <utility>

#include "pkg/status/status.h"

namespace smallbiznis::cel {
namespace {

constexpr uint32_t Bit(Kind kind) {
  return uint32_t{1} << static_cast<uint32_t>(kind);
}

uint32_t KindsOf(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kDyn:
    case TypeKind::kParam:
    case TypeKind::kError:
      return Bit(Kind::kError) - 1;
    case TypeKind::kNull:
      return Bit(Kind::kNull);
    case TypeKind::kBool:
      return Bit(Kind::kBool);
    case TypeKind::kInt:
      return Bit(Kind::kInt);
    case TypeKind::kUint:
      return Bit(Kind::kUint);
    case TypeKind::kDouble:
      return Bit(Kind::kDouble);
    case TypeKind::kString:
      return Bit(Kind::kString);
    case TypeKind::kBytes:
      return Bit(Kind::kBytes);
    case TypeKind::kTimestamp:
      return Bit(Kind::kTimestamp);
    case TypeKind::kDuration:
      return Bit(Kind::kDuration);
    case TypeKind::kList:
      return Bit(Kind::kList);
    case TypeKind::kMap:
      return Bit(Kind::kMap);
    case TypeKind::kType:
      return Bit(Kind::kType);
    case TypeKind::kWrapper:
      return Bit(Kind::kNull) | KindsOf(type.parameters()[0]);
    case TypeKind::kMessage:
      return Bit(Kind::kMessage);
    case TypeKind::kAbstract:
      return Bit(type.is_optional() ? Kind::kOptional : type.is_money() ? Kind::kMoney : Kind::kOpaque);
  }
  return 0;
}

}  // namespace

bool Overload::AcceptsTypes(const Value* args, size_t count) const {
  for (size_t i = 0; i < count; ++i) {
    const Type& type = signature.parameters[i];
    const bool one_type = type.is(TypeKind::kAbstract) && args[i].is(Kind::kOpaque);
    if (one_type && args[i].opaque->type != type.name()) return false;
  }
  return true;
}

absl::Status Functions::Add(std::string_view signature, Function function, CustomFunction custom, bool pure) {
  ASSIGN_OR_RETURN(Signature parsed, ParseSignature(signature));
  Overload overload;
  overload.signature = std::move(parsed);
  overload.function = function;
  overload.custom = std::move(custom);
  overload.pure = pure;
  for (const Type& parameter : overload.signature.parameters) {
    overload.kinds.push_back(KindsOf(parameter));
    overload.opaque |= parameter.is(TypeKind::kAbstract) && !parameter.is_optional();
  }
  functions_[overload.signature.name].push_back(std::move(overload));
  return absl::OkStatus();
}

}  // namespace smallbiznis::cel
