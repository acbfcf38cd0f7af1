// The order in which rules are asked, where the model wants another than that of the policy.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/casbin/policy/symbols.h"
#include "pkg/casbin/policy/table.h"

namespace smallbiznis::casbin {

// The smallest number first, rules of the same number as they came. INVALID_ARGUMENT, reason CASBIN_POLICY, for what is
// no whole number.
absl::StatusOr<std::vector<uint32_t>> OrderByPriority(const Table& rules, uint32_t column, const Symbols& symbols);

// The subjects (column 0) that are furthest from the roots of the `g` rules first: users before their roles.
// `domain_column` is that of the rules, kNone without one. INVALID_ARGUMENT, reason CASBIN_POLICY, for roles in a
// circle.
absl::StatusOr<std::vector<uint32_t>> OrderBySubject(const Table& rules, uint32_t domain_column, const Table& roles,
                                                     const Symbols& symbols);

}  // namespace smallbiznis::casbin
