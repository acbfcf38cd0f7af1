#include "services/rule/api_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"

namespace smallbiznis::rule {
namespace {

constexpr std::array kChangeable = {"name",        "description", "trigger",       "condition",       "actions",
                                    "priority",    "cost_limit",  "stop_on_match", "exclusive_group", "valid_from",
                                    "valid_until", "version"};

absl::StatusOr<Action> ParseAction(const v1::Action& action, const std::string& field) {
  switch (action.kind_case()) {
    case v1::Action::kRewardPoint:
      return RewardPoint{{action.reward_point().points(), action.reward_point().expression()}};
    case v1::Action::kVoucher:
      return Voucher{action.voucher().pool()};
    case v1::Action::kCashback:
      return Cashback{{action.cashback().amount(), action.cashback().expression()}, action.cashback().wallet()};
    case v1::Action::kNotify:
      return Notify{action.notify().channel(), action.notify().template_()};
    case v1::Action::kTag:
      return Tag{action.tag().key(), action.tag().value()};
    case v1::Action::KIND_NOT_SET:
      break;
  }
  return status::InvalidField(field, "must have one of reward_point, voucher, cashback, notify and tag");
}

bool IsEmpty(const v1::Rule& rule, std::string_view path) {
  const auto* field = v1::Rule::descriptor()->FindFieldByName(std::string(path));
  const auto* reflection = rule.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(rule, field) == 0 : !reflection->HasField(rule, field);
}

v1::RuleState ToProto(State state) {
  switch (state) {
    case State::kDraft:
      return v1::DRAFT;
    case State::kActive:
      return v1::ACTIVE;
    case State::kInactive:
      return v1::INACTIVE;
  }
  std::abort();
}

v1::Outcome ToProto(Outcome outcome) {
  switch (outcome) {
    case Outcome::kMatched:
      return v1::MATCHED;
    case Outcome::kNotMatched:
      return v1::NOT_MATCHED;
    case Outcome::kError:
      return v1::ERROR;
    case Outcome::kSkipped:
      return v1::SKIPPED;
  }
  std::abort();
}

struct ActionToProto {
  v1::Action& out;

  void operator()(const RewardPoint& it) const {
    out.mutable_reward_point()->set_points(it.points.fixed);
    out.mutable_reward_point()->set_expression(it.points.expression);
  }
  void operator()(const Voucher& it) const { out.mutable_voucher()->set_pool(it.pool); }
  void operator()(const Cashback& it) const {
    out.mutable_cashback()->set_amount(it.amount.fixed);
    out.mutable_cashback()->set_expression(it.amount.expression);
    out.mutable_cashback()->set_wallet(it.wallet);
  }
  void operator()(const Notify& it) const {
    out.mutable_notify()->set_channel(it.channel);
    out.mutable_notify()->set_template_(it.template_name);
  }
  void operator()(const Tag& it) const {
    out.mutable_tag()->set_key(it.key);
    out.mutable_tag()->set_value(it.value);
  }
};

}  // namespace

absl::StatusOr<Content> ParseContent(const v1::Rule& rule) {
  Content content{.name = rule.name(),
                  .description = rule.description(),
                  .trigger = rule.trigger(),
                  .condition = rule.condition(),
                  .actions = {},
                  .priority = rule.priority(),
                  .stop_on_match = rule.stop_on_match(),
                  .exclusive_group = rule.exclusive_group(),
                  .valid_from = {},
                  .valid_until = {},
                  .cost_limit = rule.cost_limit()};
  for (int i = 0; i < rule.actions_size(); ++i) {
    ASSIGN_OR_RETURN(Action action, ParseAction(rule.actions(i), fmt::format("rule.actions[{}]", i)));
    content.actions.push_back(std::move(action));
  }
  if (rule.has_valid_from()) {
    ASSIGN_OR_RETURN(content.valid_from, rpc::ParseTime("rule.valid_from", rule.valid_from()));
  }
  if (rule.has_valid_until()) {
    ASSIGN_OR_RETURN(content.valid_until, rpc::ParseTime("rule.valid_until", rule.valid_until()));
  }
  return content;
}

absl::StatusOr<std::vector<std::string>> Paths(const v1::UpdateRuleRequest& request) {
  std::vector<std::string> paths(request.update_mask().paths().begin(), request.update_mask().paths().end());
  if (paths.empty()) {
    std::copy_if(kChangeable.begin(), kChangeable.end(), std::back_inserter(paths),
                 [&](const char* path) { return !IsEmpty(request.rule(), path); });
  }
  const bool known = std::all_of(paths.begin(), paths.end(), [](const std::string& path) {
    return std::find(kChangeable.begin(), kChangeable.end(), path) != kChangeable.end();
  });
  if (!known || paths.empty()) {
    return status::InvalidField("update_mask", fmt::format("must name some of {}", fmt::join(kChangeable, ", ")));
  }
  return paths;
}

void Apply(const std::vector<std::string>& paths, const Content& from, Content& to) {
  const auto named = [&](const char* path) { return std::find(paths.begin(), paths.end(), path) != paths.end(); };
  if (named("name")) to.name = from.name;
  if (named("description")) to.description = from.description;
  if (named("trigger")) to.trigger = from.trigger;
  if (named("condition")) to.condition = from.condition;
  if (named("actions")) to.actions = from.actions;
  if (named("priority")) to.priority = from.priority;
  if (named("stop_on_match")) to.stop_on_match = from.stop_on_match;
  if (named("exclusive_group")) to.exclusive_group = from.exclusive_group;
  if (named("valid_from")) to.valid_from = from.valid_from;
  if (named("valid_until")) to.valid_until = from.valid_until;
  if (named("cost_limit")) to.cost_limit = from.cost_limit;
}

std::vector<Attribute> ParseAttributes(const google::protobuf::RepeatedPtrField<v1::Trigger::Attribute>& attributes) {
  std::vector<Attribute> parsed;
  for (const v1::Trigger::Attribute& attribute : attributes) {
    parsed.push_back({attribute.name(), attribute.type(), attribute.description(), attribute.required()});
  }
  return parsed;
}

absl::Status BelowRule(const absl::Status& error) {
  std::vector<status::FieldViolation> violations = status::FieldViolations(error);
  if (violations.empty()) return error;
  for (status::FieldViolation& violation : violations) violation.field = "rule." + violation.field;
  if (status::Reason(error) == "INVALID_FIELD") return status::InvalidFields(std::move(violations));
  const std::string message = fmt::format("{}: {}", violations[0].field, violations[0].description);
  return status::WithFields(status::Error(error.code(), status::Reason(error), message), violations);
}

void ToProto(const Action& action, v1::Action& out) {
  std::visit(ActionToProto{out}, action);
}

void ToProto(TenantId tenant, const Rule& rule, v1::Rule& out) {
  const Content& content = rule.content;
  out.set_rule_id(rule.id.ToString());
  out.set_tenant_id(tenant.ToString());
  out.set_name(content.name);
  out.set_description(content.description);
  out.set_trigger(content.trigger);
  out.set_condition(content.condition);
  for (const Action& action : content.actions) ToProto(action, *out.add_actions());
  out.set_priority(content.priority);
  out.set_stop_on_match(content.stop_on_match);
  out.set_exclusive_group(content.exclusive_group);
  if (content.valid_from) rpc::SetTime(*content.valid_from, out.mutable_valid_from());
  if (content.valid_until) rpc::SetTime(*content.valid_until, out.mutable_valid_until());
  out.set_cost_limit(content.cost_limit);
  out.set_state(ToProto(rule.state));
  out.set_version(rule.version);
  rpc::SetTime(rule.created_at, out.mutable_create_time());
  rpc::SetTime(rule.updated_at, out.mutable_update_time());
}

void ToProto(TenantId tenant, const Trigger& trigger, v1::Trigger& out) {
  out.set_tenant_id(tenant.ToString());
  out.set_trigger(trigger.name);
  out.set_description(trigger.description);
  for (const Attribute& attribute : trigger.attributes) {
    v1::Trigger::Attribute& each = *out.add_attributes();
    each.set_name(attribute.name);
    each.set_type(attribute.type);
    each.set_description(attribute.description);
    each.set_required(attribute.required);
  }
  out.set_built_in(trigger.built_in);
  if (trigger.built_in) return;
  rpc::SetTime(trigger.created_at, out.mutable_create_time());
  rpc::SetTime(trigger.updated_at, out.mutable_update_time());
}

void ToProto(const Result& result, v1::RuleResult& out) {
  out.set_rule_id(result.rule->id.ToString());
  out.set_version(result.rule->version);
  out.set_name(result.rule->content.name);
  out.set_outcome(ToProto(result.outcome));
  out.set_reason(result.reason);
  for (const Action& action : result.actions) ToProto(action, *out.add_actions());
}

}  // namespace smallbiznis::rule
