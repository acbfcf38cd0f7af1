#include "services/tenant/tenant.h"

#include <fmt/format.h>

#include <cstdlib>

namespace smallbiznis::tenant {

std::string_view Name(Type type) {
  switch (type) {
    case Type::kPlatform:
      return "PLATFORM";
    case Type::kPersonal:
      return "PERSONAL";
    case Type::kCompany:
      return "COMPANY";
  }
  std::abort();
}

std::optional<Type> ParseType(std::string_view name) {
  for (const Type type : kTypes) {
    if (Name(type) == name) return type;
  }
  return std::nullopt;
}

std::string Etag(const Tenant& tenant) {
  return fmt::format("v{}", tenant.version);
}

}  // namespace smallbiznis::tenant
