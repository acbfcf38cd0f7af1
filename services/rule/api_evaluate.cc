#include "services/rule/api_evaluate.h"

#include <fmt/format.h>

#include <map>

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"
#include "services/rule/api_messages.h"
#include "services/rule/engine/context.h"

namespace smallbiznis::rule {
namespace {

constexpr int kMaxContexts = 1000;
constexpr int kMaxOverrides = 100;

void ToProto(const Result& result, v1::SimulateRulesResponse::Fired& out) {
  out.set_rule_id(result.rule->id.ToString());
  out.set_version(result.rule->version);
  for (const Action& action : result.actions) ToProto(action, *out.add_actions());
}

void ToProto(const std::vector<Simulated>& all, v1::SimulateRulesResponse& out) {
  std::map<RuleId, std::pair<int, int>> counts;
  int differing = 0;
  for (const Simulated& simulated : all) {
    v1::SimulateRulesResponse::Simulated& each = *out.add_contexts();
    each.set_error(simulated.error);
    for (const Result& result : simulated.baseline) {
      ToProto(result, *each.add_baseline());
      ++counts[result.rule->id].first;
    }
    for (const Result& result : simulated.candidate) {
      ToProto(result, *each.add_candidate());
      ++counts[result.rule->id].second;
    }
    each.set_differs(simulated.differs);
    each.set_baseline_errors(simulated.baseline_errors);
    each.set_candidate_errors(simulated.candidate_errors);
    if (simulated.differs) ++differing;
  }
  for (const auto& [rule, fired] : counts) {
    v1::SimulateRulesResponse::Count& count = *out.add_rules();
    count.set_rule_id(rule.ToString());
    count.set_baseline_fired(fired.first);
    count.set_candidate_fired(fired.second);
  }
  out.set_differing_count(differing);
}

v1::Proof ToProto(Proof proof) {
  switch (proof) {
    case Proof::kProven:
      return v1::PROVEN;
    case Proof::kRefuted:
      return v1::REFUTED;
    case Proof::kUnknown:
      return v1::UNKNOWN;
  }
  std::abort();
}

void ToProto(const Analysis& analysis, v1::AnalyzeRulesResponse& out) {
  for (const RuleFinding& finding : analysis.rules) {
    v1::AnalyzeRulesResponse::RuleFinding& each = *out.add_rules();
    each.set_rule_id(finding.rule->id.ToString());
    each.set_version(finding.rule->version);
    each.set_unreachable(ToProto(finding.unreachable));
    each.set_always_true(ToProto(finding.always_true));
    each.set_reason(finding.reason);
    if (!finding.example.empty()) each.mutable_example()->set_json(finding.example);
  }
  for (const Overlap& overlap : analysis.overlaps) {
    v1::AnalyzeRulesResponse::Overlap& each = *out.add_overlaps();
    each.set_rule_id(overlap.first->id.ToString());
    each.set_other_rule_id(overlap.second->id.ToString());
    each.set_overlap(ToProto(overlap.overlap));
    if (!overlap.example.empty()) each.mutable_example()->set_json(overlap.example);
  }
  out.set_truncated(analysis.truncated);
}

}  // namespace

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

absl::Status RuleEvaluateApi::ExplainRule(rpc::Call& call, const v1::ExplainRuleRequest& request,
                                          v1::ExplainRuleResponse& response) {
  ASSIGN_OR_RETURN(const Evaluator::Question question, QuestionOf(call, request));
  ASSIGN_OR_RETURN(const std::shared_ptr<const CompiledRule> rule, RuleOf(call, request));
  ASSIGN_OR_RETURN(const RuleExplanation explained, parts_.evaluator.Explain(rule, question));
  ToProto(explained.result, *response.mutable_result());
  response.mutable_reasons()->Assign(explained.reasons.begin(), explained.reasons.end());
  for (const ExplainedStep& step : explained.steps) {
    v1::ExplainRuleResponse::Step& each = *response.add_steps();
    each.set_expression(step.expression);
    each.set_value(step.value);
    each.set_line(step.line);
    each.set_column(step.column);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Override>> RuleEvaluateApi::ParseOverrides(rpc::Call& call,
                                                                      const v1::SimulateRulesRequest& request,
                                                                      const Overrides& overrides,
                                                                      std::string_view field) const {
  if (overrides.size() > kMaxOverrides) {
    return status::InvalidField(field, fmt::format("must be at most {}", kMaxOverrides));
  }
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  std::vector<Override> parsed;
  for (int i = 0; i < overrides.size(); ++i) {
    const std::string at = fmt::format("{}[{}].", field, i);
    Override& each = parsed.emplace_back();
    ASSIGN_OR_RETURN(each.id, rpc::ParseId<RuleId>(at + "rule_id", overrides[i].rule_id()));
    if (overrides[i].version() < 0) return status::InvalidField(at + "version", "must not be below 0");
    if (overrides[i].version() == 0) continue;
    ASSIGN_OR_RETURN(each.rule, parts_.rules.GetCompiled(call.tx(), tenant, each.id, overrides[i].version()));
    if (each.rule->content.trigger != request.trigger()) {
      return status::InvalidField(at + "rule_id", "is a rule of another trigger");
    }
  }
  return parsed;
}

absl::Status RuleEvaluateApi::SimulateRules(rpc::Call& call, const v1::SimulateRulesRequest& request,
                                            v1::SimulateRulesResponse& response) {
  if (request.contexts().empty() || request.contexts_size() > kMaxContexts) {
    return status::InvalidField("contexts", fmt::format("must be 1 to {}", kMaxContexts));
  }
  Evaluator::Comparison comparison{.trigger = request.trigger(), .deadline = call.info().deadline};
  ASSIGN_OR_RETURN(comparison.tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  RETURN_IF_ERROR(parts_.tenants.CheckVisible(call.tx(), call.principal(), comparison.tenant));
  ASSIGN_OR_RETURN(comparison.baseline, ParseOverrides(call, request, request.baseline(), "baseline"));
  ASSIGN_OR_RETURN(comparison.candidate, ParseOverrides(call, request, request.candidate(), "candidate"));
  std::vector<SimulatedContext> contexts;
  for (int i = 0; i < request.contexts_size(); ++i) {
    const v1::SimulateRulesRequest::Context& context = request.contexts(i);
    SimulatedContext& each = contexts.emplace_back(SimulatedContext{context.context().json(), parts_.clock.Now()});
    if (!context.has_time()) continue;
    ASSIGN_OR_RETURN(each.time, rpc::ParseTime(fmt::format("contexts[{}].time", i), context.time()));
  }
  ASSIGN_OR_RETURN(const std::vector<Simulated> simulated, parts_.evaluator.Simulate(comparison, contexts));
  ToProto(simulated, response);
  return absl::OkStatus();
}

absl::Status RuleEvaluateApi::AnalyzeRules(rpc::Call& call, const v1::AnalyzeRulesRequest& request,
                                           v1::AnalyzeRulesResponse& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  RETURN_IF_ERROR(parts_.tenants.CheckVisible(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(
      const Analysis analysis,
      parts_.evaluator.Analyze(
          request.trigger(),
          {.tenant = tenant, .context = {}, .time = parts_.clock.Now(), .deadline = call.info().deadline}));
  ToProto(analysis, response);
  return absl::OkStatus();
}

}  // namespace smallbiznis::rule
