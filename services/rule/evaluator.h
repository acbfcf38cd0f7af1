// Evaluates rules for callers: bounded by rule, by call, and by what the tenant has used lately.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/telemetry/metrics.h"
#include "services/rule/budget.h"
#include "services/rule/engine/rule_set.h"
#include "services/rule/snapshots.h"

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

  // All active rules of the trigger; the results that did not match are left out where `matches_only`. The same
  // errors, TRIGGER_NOT_FOUND, and those of the database.
  absl::StatusOr<Batch> EvaluateAll(const std::string& trigger, bool matches_only, const Question& question);

 private:
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
