#include "services/rule/catalogue/reason.h"

#include "pkg/status/status.h"

namespace smallbiznis::rule {
namespace {

status::Meaning MeaningOf(Reason reason) {
  using absl::StatusCode;
  switch (reason) {
    case Reason::kRuleNotFound:
      return {"RULE_NOT_FOUND", StatusCode::kNotFound, "the tenant has no such rule, or no such version of it"};
    case Reason::kRuleChanged:
      return {"RULE_CHANGED", StatusCode::kAborted, "the rule has another version by now: read it again"};
    case Reason::kRuleStateConflict:
      return {"RULE_STATE_CONFLICT", StatusCode::kFailedPrecondition, "the rule's state does not allow that"};
    case Reason::kTooManyRules:
      return {"TOO_MANY_RULES", StatusCode::kResourceExhausted, "a tenant has at most 100000 rules"};
    case Reason::kTriggerNotFound:
      return {"TRIGGER_NOT_FOUND", StatusCode::kNotFound, "the tenant has no such trigger"};
    case Reason::kTriggerExists:
      return {"TRIGGER_EXISTS", StatusCode::kAlreadyExists, "the tenant has a trigger of this name"};
    case Reason::kTriggerBuiltIn:
      return {"TRIGGER_BUILT_IN", StatusCode::kInvalidArgument, "trigger: is one of the platform's"};
    case Reason::kTriggerInUse:
      return {"TRIGGER_IN_USE", StatusCode::kFailedPrecondition, "rules use the trigger"};
    case Reason::kTooManyTriggers:
      return {"TOO_MANY_TRIGGERS", StatusCode::kResourceExhausted, "a tenant declares at most 100 triggers"};
    case Reason::kRuleBudgetExhausted:
      return {"RULE_BUDGET_EXHAUSTED", StatusCode::kResourceExhausted,
              "the tenant's rules have cost more than is allowed in a second"};
  }
  std::abort();
}

}  // namespace

std::string_view Name(Reason reason) {
  return MeaningOf(reason).reason;
}

absl::Status Error(Reason reason) {
  return status::Error(MeaningOf(reason));
}

absl::Status Error(Reason reason, std::string_view message) {
  return status::Error(MeaningOf(reason), message);
}

}  // namespace smallbiznis::rule
