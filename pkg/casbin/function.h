// What a program can add to the language of the matchers: functions, and how roles and domains match.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/casbin/value.h"
#include "pkg/clock/clock.h"

namespace smallbiznis::casbin {

// A function of the matcher. Called by many threads at once; an error makes the whole check an error. The arguments
// live until it returns.
using Function = std::function<absl::StatusOr<Value>(std::span<const Value> arguments)>;

// Whether `name` is one of those that `pattern` means: a role pattern (`/book/:id`) or a domain pattern (`*`).
using MatchingFunction = std::function<bool(std::string_view name, std::string_view pattern)>;

// Whether a conditional role holds now. `parameters` are the columns that follow the role definition's own in the
// `g` rule. An error means that it does not hold.
using LinkCondition = std::function<absl::StatusOr<bool>(std::span<const std::string> parameters)>;

// Holds between the first parameter and the second, `2026-01-31 00:00:00` in UTC; `_` is no bound. `clock` must outlive
// it.
LinkCondition TimeMatch(const clock::Clock& clock);

// keyMatch, keyMatch2 .. keyMatch5, regexMatch, globMatch as matching functions. One whose pattern is malformed
// matches nothing. An unknown name gives an empty function.
MatchingFunction BuiltInMatching(std::string_view name);

}  // namespace smallbiznis::casbin
