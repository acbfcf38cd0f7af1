// The active rules of one trigger at one moment.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "pkg/cel/cel.h"
#include "pkg/cel/index/rule_index.h"
#include "services/rule/engine/compiled.h"

namespace smallbiznis::rule {

using RulePtr = std::shared_ptr<const CompiledRule>;

// The results of one evaluation, by priority.
struct Batch {
  std::vector<Result> results;
  int matched = 0;
  int not_matched = 0;
  int errors = 0;
  int skipped = 0;
  int64_t cost = 0;
};

struct BatchOptions {
  absl::Time time;  // rules are taken whose window has it
  // What all rules may cost together: those behind are errors.
  int64_t cost = 5'000'000;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  size_t most_not_matched = 1000;  // how many of those that did not match, and of errors, are in the results
};

// Immutable and thread-safe. Rules that cannot match a context are not evaluated: they are filed in an index by what
// their conditions compare (pkg/cel/index).
class RuleSet {
 public:
  explicit RuleSet(std::shared_ptr<const Schema> schema) : schema_(std::move(schema)) {}

  // A set without the rules `removed`, and with `added`, all of this schema; one whose id is there takes its place. The
  // two share an index, in which only these rules are changed: so it is asked of the newest set, by one caller at a
  // time.
  std::shared_ptr<const RuleSet> With(const std::vector<RulePtr>& added,
                                      const absl::flat_hash_set<RuleId>& removed) const;
  // The same of any set, by anybody, for few rules: they are evaluated always.
  std::shared_ptr<const RuleSet> Overlaid(const std::vector<RulePtr>& added,
                                          const absl::flat_hash_set<RuleId>& removed) const;

  // In order: the highest priority first, of equal ones the older rule.
  //
  // A rule with stop_on_match that matches is the last one: those behind it are neither evaluated nor counted. Of the
  // rules of an exclusive group the first one that matches is kMatched, the others that match are kSkipped.
  Batch Evaluate(const cel::Activation& activation, const BatchOptions& options) const;

  const std::vector<RulePtr>& rules() const { return rules_; }
  const std::shared_ptr<const Schema>& schema() const { return schema_; }

 private:
  // The rules of this set and these; nothing of it is in an index.
  std::shared_ptr<RuleSet> Merged(const std::vector<RulePtr>& added, const absl::flat_hash_set<RuleId>& gone) const;
  // The places of the rules that may match or be an error, in order.
  std::vector<uint32_t> Candidates(const cel::Activation& activation, cel::Arena& arena) const;
  // How many of the first `end` rules have `time` in their window.
  int ValidBefore(size_t end, absl::Time time) const;

  std::shared_ptr<const Schema> schema_;
  std::vector<RulePtr> rules_;                      // in order
  absl::flat_hash_map<uint64_t, uint32_t> places_;  // by id
  std::vector<uint32_t> windowed_;                  // the places of those that have a window
  std::shared_ptr<cel::RuleIndex> index_;           // of the newest set that has it; null: of none
  std::shared_ptr<const cel::RuleSnapshot> filed_;  // as it was of this set
  std::vector<uint32_t> always_;                    // the places of those that are not filed
  absl::flat_hash_set<RuleId> hidden_;              // filed, and not in this set
};

}  // namespace smallbiznis::rule
