// Operators of the matchers on two values.
#pragma once

#include "absl/status/statusor.h"
#include "pkg/casbin/matcher/datum.h"
#include "pkg/casbin/matcher/expression.h"

namespace smallbiznis::casbin {

// For every operator from kEqual to kShiftRight. INVALID_ARGUMENT for types that it does not take.
absl::StatusOr<Datum> Apply(Op op, const Datum& left, const Datum& right, Scratch& scratch);

}  // namespace smallbiznis::casbin
