#include "pkg/cel/index/selectivity.h"

#include <algorithm>
#include <cmath>

namespace smallbiznis::cel {
namespace {

// `part` of what is known, and one value that is not.
double Part(size_t part, size_t known) {
  return static_cast<double>(part) / static_cast<double>(known + 1);
}

}  // namespace

Selectivity::Selectivity(const std::vector<Conditions>& rules) : rules_(rules) {
  for (const Conditions& conditions : rules) {
    for (const Condition& condition : conditions.all) Count(condition);
  }
  for (Statistics& statistics : statistics_) {
    for (std::vector<uint64_t>& ends : statistics.ends) std::sort(ends.begin(), ends.end());
  }
}

void Selectivity::Count(const Condition& condition) {
  const auto [attribute, first] =
      attributes_.emplace(condition.path.Identity(), static_cast<uint32_t>(statistics_.size()));
  if (first) statistics_.emplace_back();
  attribute_of_[&condition] = attribute->second;
  Statistics& statistics = statistics_[attribute->second];
  switch (condition.kind) {
    case ConditionKind::kEqual:
      statistics.keys.insert(condition.keys.begin(), condition.keys.end());
      return;
    case ConditionKind::kContains:
      statistics.elements.insert(condition.keys.begin(), condition.keys.end());
      return;
    case ConditionKind::kPrefix:
      statistics.prefixes.insert(condition.keys.begin(), condition.keys.end());
      return;
    case ConditionKind::kRange:
      for (const uint64_t end : {condition.range.low, condition.range.high}) {
        if (end != 0 && end != UINT64_MAX) statistics.ends[static_cast<size_t>(condition.domain)].push_back(end);
      }
      return;
  }
}

double Selectivity::Share(const Condition& condition) const {
  const Statistics& statistics = statistics_[Attribute(condition)];
  switch (condition.kind) {
    case ConditionKind::kEqual:
      return Part(condition.keys.size(), statistics.keys.size());
    case ConditionKind::kContains:  // an input has several elements, so more of them pass
      return std::min(1.0, 4 * Part(condition.keys.size(), statistics.elements.size()));
    case ConditionKind::kPrefix:
      return Part(condition.keys.size(), statistics.prefixes.size());
    case ConditionKind::kRange: {
      if (condition.domain == Domain::kBool) return 0.5;
      const std::vector<uint64_t>& ends = statistics.ends[static_cast<size_t>(condition.domain)];
      const auto from = std::lower_bound(ends.begin(), ends.end(), condition.range.low);
      const auto to = std::upper_bound(ends.begin(), ends.end(), condition.range.high);
      return Part(from < to ? static_cast<size_t>(to - from) : 0, ends.size());
    }
  }
  return 1;
}

const Condition* Selectivity::Best(size_t rule) const {
  const Condition* best = nullptr;
  double least = 0;
  for (const Condition& condition : rules_[rule].all) {
    const double share = Share(condition);
    if (best != nullptr && share >= least) continue;
    best = &condition;
    least = share;
  }
  return best;
}

uint32_t Selectivity::Attribute(const Condition& condition) const {
  return attribute_of_.find(&condition)->second;
}

}  // namespace smallbiznis::cel
