// The names of types and states, as the database keeps them.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "services/domain/client.h"

namespace smallbiznis::domain {

std::string_view Name(Type type);                  // "SYSTEM"
std::string_view Name(Verification verification);  // "VERIFIED"

// INTERNAL when `name` is none: the program is older than what wrote the row.
absl::StatusOr<Type> ParseType(std::string_view name);
absl::StatusOr<Verification> ParseVerification(std::string_view name);

}  // namespace smallbiznis::domain
