// Contexts: a JSON object as the attributes of a trigger, each by its declared type.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pkg/cel/cel.h"
#include "services/rule/engine/schema.h"

namespace smallbiznis::rule {

inline constexpr size_t kMaxContextBytes = size_t{256} << 10;

// Sets what `json` has, and `now`. Values lie in `arena`, nothing refers to `json` afterwards. A number keeps its type:
// 1 is an int, 1.0 a double; an attribute that is declared a double takes both, one that is an int only the first. A
// timestamp is RFC 3339, a duration "1h30m", money {"amount": 1050, "currency": "USD"}. An attribute that is null is
// one that is not given, unless it is dyn.
//   INVALID_ARGUMENT naming what is wrong: "context.items[2].qty". Unknown attributes, doubled keys and what is not of
//   its type are.
absl::Status ReadContext(const Schema& schema, std::string_view json, absl::Time now, cel::Arena& arena,
                         cel::Activation& activation);

cel::Value TimestampValue(absl::Time time);

}  // namespace smallbiznis::rule
