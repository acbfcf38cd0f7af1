// Why a rule matches a context, or not.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pkg/cel/cel.h"
#include "services/rule/engine/compiled.h"

namespace smallbiznis::rule {

struct ExplainedStep {
  std::string expression;
  std::string value;  // in the language's notation, cut where it is long
  int line = 1;
  int column = 1;
};

struct RuleExplanation {
  Result result;
  // What decided, in words: `sub_total 900000 is below 1000000`. At most 20.
  std::vector<std::string> reasons;
  // Every sub-expression that was evaluated, in that order; at most 1000.
  std::vector<ExplainedStep> steps;
};

// Costs about twice what an evaluation does, within the same limits; takes it from `bounds.cost`. Resets `arena`.
RuleExplanation Explain(const std::shared_ptr<const CompiledRule>& rule, const cel::Activation& activation,
                        cel::Arena& arena, Bounds& bounds);

}  // namespace smallbiznis::rule
