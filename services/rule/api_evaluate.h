// RuleService's evaluations: between messages and the domain.
#pragma once

#include "pkg/clock/clock.h"
#include "pkg/db/pool.h"
#include "pkg/rpc/call.h"
#include "services/rule/catalogue/rules.h"
#include "services/rule/live/evaluator.h"
#include "services/tenant/client.h"
#include "smallbiznis/rule/v1/rule.pb.h"

namespace smallbiznis::rule {

// Thread-safe.
class RuleEvaluateApi {
 public:
  struct Parts {
    const Rules& rules;
    Evaluator& evaluator;
    const tenant::Directory& tenants;
    db::Pool& pool;
    const clock::Clock& clock;
  };
  // What `parts` refer to must outlive this.
  explicit RuleEvaluateApi(const Parts& parts) : parts_(parts) {}

  absl::Status EvaluateRule(rpc::Call& call, const v1::EvaluateRuleRequest& request, v1::RuleResult& response);
  absl::Status BatchEvaluate(rpc::Call& call, const v1::BatchEvaluateRequest& request,
                             v1::BatchEvaluateResponse& response);
  absl::Status ExplainRule(rpc::Call& call, const v1::ExplainRuleRequest& request, v1::ExplainRuleResponse& response);
  absl::Status SimulateRules(rpc::Call& call, const v1::SimulateRulesRequest& request,
                             v1::SimulateRulesResponse& response);
  absl::Status AnalyzeRules(rpc::Call& call, const v1::AnalyzeRulesRequest& request,
                            v1::AnalyzeRulesResponse& response);

 private:
  using Overrides = google::protobuf::RepeatedPtrField<v1::SimulateRulesRequest::Override>;
  // `field` names them in an error.
  absl::StatusOr<std::vector<Override>> ParseOverrides(rpc::Call& call, const v1::SimulateRulesRequest& request,
                                                       const Overrides& overrides, std::string_view field) const;
  template <class Request>
  absl::StatusOr<Evaluator::Question> QuestionOf(const rpc::Call& call, const Request& request) const;
  // The rule that `request` names, in the call's transaction.
  template <class Request>
  absl::StatusOr<std::shared_ptr<const CompiledRule>> RuleOf(rpc::Call& call, const Request& request) const;

  const Parts parts_;
};

}  // namespace smallbiznis::rule
