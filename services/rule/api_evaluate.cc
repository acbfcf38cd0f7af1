#include "services/rule/api_evaluate.h"

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"
#include "services/rule/api_messages.h"
#include "services/rule/engine/context.h"

namespace smallbiznis::rule {

template <class Request>
absl::StatusOr<Evaluator::Question> RuleEvaluateApi::QuestionOf(const rpc::Call& call, const Request& request) const {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  Evaluator::Question question{.tenant = tenant,
                               .context = request.context().json(),
                               .time = parts_.clock.Now(),
                               .deadline = call.info().deadline};
  if (request.has_time()) {
    ASSIGN_OR_RETURN(question.time, rpc::ParseTime("time", request.time()));
  }
  return question;
}

template <class Request>
absl::StatusOr<std::shared_ptr<const CompiledRule>> RuleEvaluateApi::RuleOf(rpc::Call& call,
                                                                            const Request& request) const {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const RuleId rule, rpc::ParseId<RuleId>("rule_id", request.rule_id()));
  if (request.version() < 0) return status::InvalidField("version", "must not be below 0");
  RETURN_IF_ERROR(parts_.tenants.CheckVisible(call.tx(), call.principal(), tenant));
  return parts_.rules.GetCompiled(call.tx(), tenant, rule, request.version());
}

absl::Status RuleEvaluateApi::EvaluateRule(rpc::Call& call, const v1::EvaluateRuleRequest& request,
                                           v1::RuleResult& response) {
  ASSIGN_OR_RETURN(const Evaluator::Question question, QuestionOf(call, request));
  ASSIGN_OR_RETURN(const std::shared_ptr<const CompiledRule> rule, RuleOf(call, request));
  ASSIGN_OR_RETURN(const Result result, parts_.evaluator.Evaluate(rule, question));
  ToProto(result, response);
  return absl::OkStatus();
}

absl::Status RuleEvaluateApi::BatchEvaluate(rpc::Call& call, const v1::BatchEvaluateRequest& request,
                                            v1::BatchEvaluateResponse& response) {
  ASSIGN_OR_RETURN(const Evaluator::Question question, QuestionOf(call, request));
  RETURN_IF_ERROR(parts_.tenants.CheckOwn(call.principal(), question.tenant));
  if (call.principal().platform) {
    // Operators may name any tenant: whether there is one is looked up.
    const db::TxOptions options{.scope = db::Scope::Platform(), .read_only = true, .deadline = question.deadline};
    RETURN_IF_ERROR(db::Transact(parts_.pool, options, [&](db::Tx& tx) {
      return parts_.tenants.CheckVisible(tx, call.principal(), question.tenant);
    }));
  }
  ASSIGN_OR_RETURN(const Batch batch,
                   parts_.evaluator.EvaluateAll(request.trigger(), request.matches_only(), question));
  for (const Result& result : batch.results) ToProto(result, *response.add_results());
  response.set_matched_count(batch.matched);
  response.set_not_matched_count(batch.not_matched);
  response.set_error_count(batch.errors);
  response.set_skipped_count(batch.skipped);
  return absl::OkStatus();
}

}  // namespace smallbiznis::rule
