// What can be said of rules without a context: which never fire, which always match, which match together.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/rule/engine/rule_set.h"

namespace smallbiznis::rule {

enum class Proof { kProven, kRefuted, kUnknown };

struct RuleFinding {
  RulePtr rule;
  // It never fires: its condition cannot be true, its window is over, or a rule before it always takes its place.
  Proof unreachable = Proof::kUnknown;
  // Its condition is true of every context that has the required attributes.
  Proof always_true = Proof::kUnknown;
  std::string reason;   // of what is proven
  std::string example;  // a context with which it fires (`unreachable` is refuted); empty: none was found
};

struct Overlap {
  RulePtr first;
  RulePtr second;
  Proof overlap = Proof::kUnknown;
  std::string example;  // a context that both match, where it is proven
};

struct Analysis {
  std::vector<RuleFinding> rules;  // in the set's order
  std::vector<Overlap> overlaps;   // without pairs that are proven to be disjoint
  bool truncated = false;
};

struct AnalysisOptions {
  absl::Time now;  // at which windows are looked at, and examples are evaluated
  size_t most_rules = 1000;
  size_t most_overlaps = 1000;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

// Nothing is said that is not proven: impossibility by what conditions demand of attributes, possibility by an example
// that the rules themselves were asked about.
Analysis Analyze(const RuleSet& set, const AnalysisOptions& options);

}  // namespace smallbiznis::rule
