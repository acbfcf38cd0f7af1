#include "services/rule/live/evaluator.h"

#include <algorithm>

#include "pkg/status/status.h"
#include "services/rule/catalogue/reason.h"
#include "services/rule/engine/context.h"

namespace smallbiznis::rule {
namespace {

// A call's evaluation ends after this, however much time its caller has.
constexpr std::chrono::milliseconds kMostTime(100);
constexpr std::chrono::milliseconds kMostSimulationTime(2000);
constexpr std::chrono::milliseconds kMostAnalysisTime(2000);
constexpr int64_t kNanosPerCost = 5;
constexpr int64_t kSimulationCost = 50'000'000;
constexpr int64_t kBytesPerCost = 10;

telemetry::Counter& OutcomeCounter(telemetry::Metrics& metrics, Outcome outcome) {
  return metrics.Counter({"smallbiznis_rule_results_total", "Rules that were asked about a context, by outcome"},
                         {{"outcome", std::string(Name(outcome))}});
}

int64_t ReadingCost(std::string_view context) {
  return static_cast<int64_t>(context.size()) / kBytesPerCost;
}

}  // namespace

Evaluator::Evaluator(Snapshots& snapshots, Budget& budget, telemetry::Metrics& metrics)
    : snapshots_(snapshots),
      budget_(budget),
      matched_(OutcomeCounter(metrics, Outcome::kMatched)),
      not_matched_(OutcomeCounter(metrics, Outcome::kNotMatched)),
      errors_(OutcomeCounter(metrics, Outcome::kError)),
      skipped_(OutcomeCounter(metrics, Outcome::kSkipped)),
      cost_(metrics.Counter({"smallbiznis_rule_cost_total", "What evaluations have cost, in units of the language"},
                            {})) {}

absl::StatusOr<Result> Evaluator::Evaluate(const std::shared_ptr<const CompiledRule>& rule, const Question& question) {
  RETURN_IF_ERROR(budget_.Check(question.tenant));
  cel::Arena context_arena, arena;
  cel::Activation activation(rule->schema->env());
  RETURN_IF_ERROR(Read(*rule->schema, question, context_arena, activation));
  Bounds bounds{.cost = kMaxCostLimit, .deadline = std::chrono::steady_clock::now() + kMostTime};
  Result result = rule::Evaluate(rule, activation, arena, bounds);
  Charge(question.tenant, kMaxCostLimit - bounds.cost);
  return result;
}

absl::StatusOr<RuleExplanation> Evaluator::Explain(const std::shared_ptr<const CompiledRule>& rule,
                                                   const Question& question) {
  RETURN_IF_ERROR(budget_.Check(question.tenant));
  cel::Arena context_arena, arena;
  cel::Activation activation(rule->schema->env());
  RETURN_IF_ERROR(Read(*rule->schema, question, context_arena, activation));
  Bounds bounds{.cost = 2 * kMaxCostLimit, .deadline = std::chrono::steady_clock::now() + kMostTime};
  RuleExplanation explained = rule::Explain(rule, activation, arena, bounds);
  Charge(question.tenant, 2 * kMaxCostLimit - bounds.cost);
  return explained;
}

absl::StatusOr<std::shared_ptr<const RuleSet>> Evaluator::SetOf(TenantId tenant, const std::string& trigger,
                                                                absl::Time deadline) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const TenantRules> rules, snapshots_.Of(tenant, deadline));
  std::shared_ptr<const RuleSet> set = rules->Find(trigger);
  if (set == nullptr) return Error(Reason::kTriggerNotFound);
  return set;
}

absl::StatusOr<std::vector<Simulated>> Evaluator::Simulate(const Comparison& comparison,
                                                           const std::vector<SimulatedContext>& contexts) {
  RETURN_IF_ERROR(budget_.Check(comparison.tenant));
  ASSIGN_OR_RETURN(const std::shared_ptr<const RuleSet> set,
                   SetOf(comparison.tenant, comparison.trigger, comparison.deadline));
  int64_t cost = kSimulationCost;
  for (const SimulatedContext& context : contexts) cost -= ReadingCost(context.json);
  std::vector<Simulated> simulated =
      rule::Simulate(*Overridden(*set, comparison.baseline), *Overridden(*set, comparison.candidate), contexts, cost,
                     std::chrono::steady_clock::now() + kMostSimulationTime);
  Charge(comparison.tenant, kSimulationCost - cost);
  return simulated;
}

absl::StatusOr<Analysis> Evaluator::Analyze(const std::string& trigger, const Question& question) {
  RETURN_IF_ERROR(budget_.Check(question.tenant));
  ASSIGN_OR_RETURN(const std::shared_ptr<const RuleSet> set, SetOf(question.tenant, trigger, question.deadline));
  const auto began = std::chrono::steady_clock::now();
  Analysis analysis = rule::Analyze(*set, {.now = question.time, .deadline = began + kMostAnalysisTime});
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - began);
  Charge(question.tenant, took.count() / kNanosPerCost);
  return analysis;
}

absl::StatusOr<Batch> Evaluator::EvaluateAll(const std::string& trigger, bool matches_only, const Question& question) {
  RETURN_IF_ERROR(budget_.Check(question.tenant));
  ASSIGN_OR_RETURN(const std::shared_ptr<const RuleSet> set, SetOf(question.tenant, trigger, question.deadline));
  cel::Arena arena;
  cel::Activation activation(set->schema()->env());
  RETURN_IF_ERROR(Read(*set->schema(), question, arena, activation));
  BatchOptions options{.time = question.time, .deadline = std::chrono::steady_clock::now() + kMostTime};
  if (matches_only) options.most_not_matched = 0;
  Batch batch = set->Evaluate(activation, options);
  Charge(question.tenant, batch.cost);
  Count(batch);
  return batch;
}

absl::Status Evaluator::Read(const Schema& schema, const Question& question, cel::Arena& arena,
                             cel::Activation& activation) {
  Charge(question.tenant, ReadingCost(question.context));
  return ReadContext(schema, question.context, question.time, arena, activation);
}

void Evaluator::Charge(TenantId tenant, int64_t cost) {
  budget_.Spend(tenant, cost);
  cost_.Increment(static_cast<double>(cost));
}

void Evaluator::Count(const Batch& batch) {
  matched_.Increment(batch.matched);
  not_matched_.Increment(batch.not_matched);
  errors_.Increment(batch.errors);
  skipped_.Increment(batch.skipped);
}

}  // namespace smallbiznis::rule
