// Evaluates rules for callers: bounded by rule, by call, and by what the tenant has used lately.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/telemetry/metrics.h"
#include "services/rule/engine/rule_set.h"
#include "services/rule/insight/analyze.h"
#include "services/rule/insight/explain.h"
#include "services/rule/insight/simulate.h"
#include "services/rule/live/budget.h"
#include "services/rule/live/snapshots.h"

namespace smallbiznis::rule {

// Thread-safe.
class Evaluator {
 public:
  // All must outlive this.
  Evaluator(Snapshots& snapshots, Budget& budget, telemetry::Metrics& metrics);

  struct Question {
    TenantId tenant;
    std::string_view context;  // JSON
    absl::Time time;           // of the event
    absl::Time deadline;       // of the call
  };

  // INVALID_ARGUMENT where the context is none of the rule's trigger; RULE_BUDGET_EXHAUSTED.
  absl::StatusOr<Result> Evaluate(const std::shared_ptr<const CompiledRule>& rule, const Question& question);

  // The same, with the reasons.
  absl::StatusOr<RuleExplanation> Explain(const std::shared_ptr<const CompiledRule>& rule, const Question& question);

  // All active rules of the trigger; the results that did not match are left out where `matches_only`. The same
  // errors, TRIGGER_NOT_FOUND, and those of the database.
  absl::StatusOr<Batch> EvaluateAll(const std::string& trigger, bool matches_only, const Question& question);

  // What would have fired: the active rules with the versions of `baseline` and of `candidate` in their places. The
  // same errors; a context that makes no sense is only told as such.
  struct Comparison {
    TenantId tenant;
    std::string trigger;
    std::vector<Override> baseline;
    std::vector<Override> candidate;
    absl::Time deadline;
  };
  absl::StatusOr<std::vector<Simulated>> Simulate(const Comparison& comparison,
                                                  const std::vector<SimulatedContext>& contexts);

  // What can be said of the active rules of a trigger as they are now. The same errors.
  absl::StatusOr<Analysis> Analyze(const std::string& trigger, const Question& question);

 private:
  absl::StatusOr<std::shared_ptr<const RuleSet>> SetOf(TenantId tenant, const std::string& trigger,
                                                       absl::Time deadline);
  // Charges for the question's context and reads it.
  absl::Status Read(const Schema& schema, const Question& question, cel::Arena& arena, cel::Activation& activation);
  // Every unit that was spent for the tenant, whatever comes of it.
  void Charge(TenantId tenant, int64_t cost);
  void Count(const Batch& batch);

  Snapshots& snapshots_;
  Budget& budget_;
  telemetry::Counter& matched_;
  telemetry::Counter& not_matched_;
  telemetry::Counter& errors_;
  telemetry::Counter& skipped_;
  telemetry::Counter& cost_;
};

}  // namespace smallbiznis::rule
