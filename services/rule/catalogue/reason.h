// Why a call to this room failed, for programs. The names go over the wire: never change one.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace smallbiznis::rule {

enum class Reason {
  kRuleNotFound,         // NOT_FOUND: no such rule, or no such version of it
  kRuleChanged,          // ABORTED: it is at another version than the change is of
  kRuleStateConflict,    // FAILED_PRECONDITION: a move that there is not
  kTooManyRules,         // RESOURCE_EXHAUSTED
  kTriggerNotFound,      // NOT_FOUND
  kTriggerExists,        // ALREADY_EXISTS
  kTriggerBuiltIn,       // INVALID_ARGUMENT, naming the field: a trigger of the platform
  kTriggerInUse,         // FAILED_PRECONDITION: rules use it
  kTooManyTriggers,      // RESOURCE_EXHAUSTED
  kRuleBudgetExhausted,  // RESOURCE_EXHAUSTED, with a delay: the tenant's evaluations cost too much
};

std::string_view Name(Reason reason);  // "RULE_NOT_FOUND"
absl::Status Error(Reason reason);
// With a message of its own, in place of the reason's.
absl::Status Error(Reason reason, std::string_view message);

}  // namespace smallbiznis::rule
