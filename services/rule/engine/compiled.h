// Rules as programs.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/cel/cel.h"
#include "services/rule/engine/rule.h"
#include "services/rule/engine/schema.h"

namespace smallbiznis::rule {

// A version of a rule, ready to be evaluated. Immutable and thread-safe.
struct CompiledRule {
  RuleId id;
  int32_t version = 1;
  Content content;
  std::shared_ptr<const Schema> schema;
  std::optional<cel::Program> condition;             // nothing: see `broken`
  std::vector<std::optional<cel::Program>> amounts;  // per action; nothing where its amount is not computed
  std::string broken;                                // why it cannot be compiled any more; empty: it can

  bool ValidAt(absl::Time time) const {
    return (!content.valid_from || time >= *content.valid_from) &&
           (!content.valid_until || time < *content.valid_until);
  }
  int64_t cost_limit() const { return content.cost_limit > 0 ? content.cost_limit : kDefaultCostLimit; }
};

// INVALID_ARGUMENT, reason RULE_EXPRESSION_INVALID, naming every field that does not compile, or is of another type
// than bool (the condition) or int (an amount):
//   condition: line 1, column 11: found no matching overload for '_>=_' applied to '(int, string)'
//    | sub_total >= 'many'
//    | ..........^
absl::StatusOr<std::shared_ptr<const CompiledRule>> CompileRule(const std::shared_ptr<const Schema>& schema, RuleId id,
                                                                int32_t version, Content content);

// The same for a rule that was compiled before it was stored: one that is not a rule any more is there as broken.
std::shared_ptr<const CompiledRule> CompileStored(const std::shared_ptr<const Schema>& schema, RuleId id,
                                                  int32_t version, Content content);

// What evaluating it may cost, condition and amounts, before it is evaluated.
struct RuleCost {
  int64_t least = 0;
  int64_t most = 0;       // with the largest context
  size_t safe_bytes = 0;  // a context of up to so many bytes cannot make it cost more than its limit
};
RuleCost CostOf(const CompiledRule& rule);
// That some contexts may make it cost more than its limit; empty where none can.
std::string CostWarning(const CompiledRule& rule, const RuleCost& cost);
// INVALID_ARGUMENT, reason RULE_EXPRESSION_INVALID, for a rule that every context makes cost more than its limit.
absl::Status CheckCost(const CompiledRule& rule, const RuleCost& cost);

// An error of pkg/cel with "line 1, column 11: " in front, in place of "ERROR: <input>:1:11: ".
std::string PlaceInWords(std::string_view error);

enum class Outcome { kMatched, kNotMatched, kError, kSkipped };
std::string_view Name(Outcome outcome);  // "MATCHED"

struct Result {
  std::shared_ptr<const CompiledRule> rule;
  Outcome outcome = Outcome::kNotMatched;
  std::string reason;           // of an error, or of why it is skipped
  std::vector<Action> actions;  // of a match, computed
};

// One evaluation's bounds.
struct Bounds {
  int64_t cost = kMaxCostLimit;  // beside the rule's own limit
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

// The outcome of the rule by itself: kMatched, kNotMatched or kError. Takes what it cost from `bounds.cost`. Resets
// `arena`, in which the activation's values must not lie.
Result Evaluate(const std::shared_ptr<const CompiledRule>& rule, const cel::Activation& activation, cel::Arena& arena,
                Bounds& bounds);

}  // namespace smallbiznis::rule
