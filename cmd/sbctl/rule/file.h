// Files of rules: YAML, or JSON where the name ends in .json.
//
//   triggers:                                   # the shop's own; those of the platform are known
//     - trigger: VISIT
//       attributes: [{name: visits, type: int, required: true}]
//   rules:                                      # all of them active
//     - name: Gold
//       trigger: PURCHASE
//       condition: user_tier == 'gold' && sub_total >= 1000000
//       actions: [{reward_point: {expression: sub_total / 10000}}]
//   contexts:                                   # what eval and explain ask
//     - name: a large basket
//       trigger: PURCHASE
//       time: "2026-08-17T09:00:00Z"
//       context: {order_id: o-1, user_id: u-1, user_tier: gold, sub_total: 1500000}
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/rule/engine/compiled.h"

namespace smallbiznis::sbctl {

// Something that is wrong, with its place in the file: "rules[0].condition".
struct FileProblem {
  std::string field;
  int line = 0;  // where the rule or trigger starts; 0 where that is not known
  std::string problem;
};

// What a rule may cost.
struct FileCost {
  std::string rule;  // "rules[0]"
  int line = 0;
  int64_t limit = 0;
  rule::RuleCost cost;
  std::string warning;  // empty: none
};

struct FileContext {
  std::string name;
  std::string trigger;
  absl::Time time;
  std::string json;
};

struct RuleFile {
  std::map<std::string, std::shared_ptr<const rule::Schema>> schemas;  // of the shop's own triggers
  std::vector<std::shared_ptr<const rule::CompiledRule>> rules;        // those without a problem; ids count from 1
  std::vector<FileCost> costs;                                         // of `rules`
  std::vector<FileContext> contexts;
  std::vector<FileProblem> problems;
  size_t declared = 0;  // rules, with those that have a problem

  // Null where there is no such trigger.
  std::shared_ptr<const rule::Schema> Find(const std::string& trigger) const;
};

// INVALID_ARGUMENT where the file cannot be read, or is neither YAML nor JSON, with the line; what is wrong with single
// rules is in `problems`. `now` is the time of contexts that have none.
absl::StatusOr<RuleFile> ReadRuleFile(const std::string& path, absl::Time now);

}  // namespace smallbiznis::sbctl
