// What would have fired: sets of rules, and contexts of the past.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/rule/engine/rule_set.h"

namespace smallbiznis::rule {

// In place of what a set has of a rule.
struct Override {
  RuleId id;
  RulePtr rule;  // null: as if there were no such rule
};

std::shared_ptr<const RuleSet> Overridden(const RuleSet& set, const std::vector<Override>& overrides);

struct SimulatedContext {
  std::string json;
  absl::Time time;
};

struct Simulated {
  std::string error;  // what is wrong with the context, or that the simulation's bounds are hit; nothing fired then
  std::vector<Result> baseline;  // of the rules that fired
  std::vector<Result> candidate;
  int baseline_errors = 0;
  int candidate_errors = 0;
  bool differs = false;  // other rules fired, or gave something else
};

// One for each context, in their order. Both sets are of one schema. Takes from `cost`, which bounds all contexts
// together, as `deadline` does.
std::vector<Simulated> Simulate(const RuleSet& baseline, const RuleSet& candidate,
                                const std::vector<SimulatedContext>& contexts, int64_t& cost,
                                std::chrono::steady_clock::time_point deadline);

}  // namespace smallbiznis::rule
