#include "services/domain/names.h"

#include <fmt/format.h>

#include <cstdlib>

namespace smallbiznis::domain {

std::string_view Name(Type type) {
  switch (type) {
    case Type::kSystem:
      return "SYSTEM";
    case Type::kCustom:
      return "CUSTOM";
  }
  std::abort();
}

std::string_view Name(Verification verification) {
  switch (verification) {
    case Verification::kPending:
      return "PENDING";
    case Verification::kVerified:
      return "VERIFIED";
    case Verification::kFailed:
      return "FAILED";
    case Verification::kLost:
      return "LOST";
  }
  std::abort();
}

absl::StatusOr<Type> ParseType(std::string_view name) {
  for (const Type type : {Type::kSystem, Type::kCustom}) {
    if (Name(type) == name) return type;
  }
  return absl::InternalError(fmt::format("unknown domain type {} in the database", name));
}

absl::StatusOr<Verification> ParseVerification(std::string_view name) {
  using enum Verification;
  for (const Verification verification : {kPending, kVerified, kFailed, kLost}) {
    if (Name(verification) == name) return verification;
  }
  return absl::InternalError(fmt::format("unknown verification state {} in the database", name));
}

}  // namespace smallbiznis::domain
