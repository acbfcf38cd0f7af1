#include "services/rule/insight/simulate.h"

#include <algorithm>
#include <utility>

#include "pkg/text/view.h"
#include "services/rule/engine/context.h"

namespace smallbiznis::rule {
namespace {

// The rules that fired, by id, and how many were errors.
std::pair<std::vector<Result>, int> Fired(const RuleSet& set, const cel::Activation& activation, absl::Time time,
                                          int64_t& cost, std::chrono::steady_clock::time_point deadline) {
  BatchOptions options{.time = time, .deadline = deadline, .most_not_matched = 0};
  options.cost = std::min(options.cost, cost);
  Batch batch = set.Evaluate(activation, options);
  cost -= batch.cost;
  std::vector<Result> fired;
  for (Result& result : batch.results) {
    if (result.outcome == Outcome::kMatched) fired.push_back(std::move(result));
  }
  std::sort(fired.begin(), fired.end(), [](const Result& a, const Result& b) { return a.rule->id < b.rule->id; });
  return {std::move(fired), batch.errors};
}

bool Differ(const std::vector<Result>& a, const std::vector<Result>& b) {
  return !std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Result& left, const Result& right) {
    return left.rule->id == right.rule->id && left.actions == right.actions;
  });
}

}  // namespace

std::shared_ptr<const RuleSet> Overridden(const RuleSet& set, const std::vector<Override>& overrides) {
  std::vector<RulePtr> added;
  absl::flat_hash_set<RuleId> removed;
  for (const Override& each : overrides) {
    each.rule == nullptr ? void(removed.insert(each.id)) : added.push_back(each.rule);
  }
  return set.Overlaid(added, removed);
}

std::vector<Simulated> Simulate(const RuleSet& baseline, const RuleSet& candidate,
                                const std::vector<SimulatedContext>& contexts, int64_t& cost,
                                std::chrono::steady_clock::time_point deadline) {
  std::vector<Simulated> all;
  for (const SimulatedContext& context : contexts) {
    Simulated& each = all.emplace_back();
    if (cost <= 0 || std::chrono::steady_clock::now() > deadline) {
      each.error = "the budget of the simulation is used up";
      continue;
    }
    cel::Arena arena;
    cel::Activation activation(baseline.schema()->env());
    const absl::Status read = ReadContext(*baseline.schema(), context.json, context.time, arena, activation);
    if (!read.ok()) {
      each.error = text::ToStd(read.message());
      continue;
    }
    std::tie(each.baseline, each.baseline_errors) = Fired(baseline, activation, context.time, cost, deadline);
    std::tie(each.candidate, each.candidate_errors) = Fired(candidate, activation, context.time, cost, deadline);
    each.differs = Differ(each.baseline, each.candidate);
  }
  return all;
}

}  // namespace smallbiznis::rule
