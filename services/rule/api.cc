#include "services/rule/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"
#include "services/rule/api_messages.h"

namespace smallbiznis::rule {
namespace {

// The state of a rule or a trigger, for the audit trail's digest.
template <class Message, class Value>
std::string AuditState(TenantId tenant, const Value& value) {
  Message message;
  ToProto(tenant, value, message);
  return rpc::StableBytes(message);
}

rpc::Call::Change ChangeOf(TenantId tenant, RuleId rule) {
  return {.resource = fmt::format("tenants/{}/rules/{}", tenant.value(), rule.value()), .tenant = tenant};
}

rpc::Call::Change ChangeOf(TenantId tenant, const std::string& trigger) {
  return {.resource = fmt::format("tenants/{}/triggers/{}", tenant.value(), trigger), .tenant = tenant};
}

void Answer(TenantId tenant, const Rules::Changed<Rule>& changed, rpc::Call& call, v1::Rule& response) {
  ToProto(tenant, changed.after, response);
  response.set_cost_warning(changed.after.cost_warning);
  rpc::Call::Change change = ChangeOf(tenant, changed.after.id);
  change.before = AuditState<v1::Rule>(tenant, changed.before);
  change.after = AuditState<v1::Rule>(tenant, changed.after);
  call.RecordChange(std::move(change));
}

// A page's place in a list whose cursor is text.
struct Page {
  int size = 0;
  std::string after;
};

// Everything of the request but the page decides which rows come.
template <class Request>
std::string FilterText(Request request) {
  request.clear_page_size();
  request.clear_page_token();
  return rpc::StableBytes(request);
}

template <class Request>
absl::StatusOr<Page> OpenPage(const crypto::PageTokens& tokens, const Request& request) {
  Page page;
  ASSIGN_OR_RETURN(page.size, crypto::PageSize(request.page_size()));
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(page.after,
                     tokens.Open({request.GetDescriptor()->full_name(), FilterText(request)}, request.page_token()));
  }
  return page;
}

template <class Request>
std::string MakeToken(const crypto::PageTokens& tokens, const Request& request, const std::string& cursor) {
  return tokens.Make({request.GetDescriptor()->full_name(), FilterText(request)}, cursor);
}

// Tokens are sealed, so that a cursor is what this program wrote.
template <class Number>
Number NumberOf(std::string_view cursor, Number otherwise) {
  std::from_chars(cursor.data(), cursor.data() + cursor.size(), otherwise);
  return otherwise;
}

absl::StatusOr<std::vector<std::string>> ParseStates(const v1::ListRulesRequest::Filter& filter) {
  std::vector<std::string> states;
  for (const int state : filter.states()) {
    if (!v1::RuleState_IsValid(state) || state == v1::RULE_STATE_UNSPECIFIED) {
      return status::InvalidField("filter.states", "must be states of a rule");
    }
    states.push_back(v1::RuleState_Name(state));
  }
  return states;
}

absl::Status CheckVersion(int32_t version) {
  return version >= 0 ? absl::OkStatus() : status::InvalidField("version", "must not be below 0");
}

}  // namespace

absl::StatusOr<TenantId> RuleApi::TenantOf(rpc::Call& call, std::string_view tenant_id) const {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", tenant_id));
  RETURN_IF_ERROR(tenants_.CheckVisible(call.tx(), call.principal(), tenant));
  return tenant;
}

template <class Request>
absl::StatusOr<RuleApi::Key> RuleApi::KeyOf(rpc::Call& call, const Request& request) const {
  ASSIGN_OR_RETURN(const RuleId rule, rpc::ParseId<RuleId>("rule_id", request.rule_id()));
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  return Key{tenant, rule};
}

absl::Status RuleApi::CreateRule(rpc::Call& call, const v1::CreateRuleRequest& request, v1::Rule& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(Content content, ParseContent(request.rule()));
  RETURN_IF_ERROR(tenants_.HoldUnarchived(call.tx(), call.principal(), tenant));
  const absl::StatusOr<Rule> rule = rules_.Create(call.tx(), tenant, std::move(content));
  if (!rule.ok()) return BelowRule(rule.status());
  ToProto(tenant, *rule, response);
  response.set_cost_warning(rule->cost_warning);
  rpc::Call::Change change = ChangeOf(tenant, rule->id);
  change.after = AuditState<v1::Rule>(tenant, *rule);
  call.RecordChange(std::move(change));
  return absl::OkStatus();
}

absl::Status RuleApi::GetRule(rpc::Call& call, const v1::GetRuleRequest& request, v1::Rule& response) {
  RETURN_IF_ERROR(CheckVersion(request.version()));
  ASSIGN_OR_RETURN(const Key key, KeyOf(call, request));
  ASSIGN_OR_RETURN(const Rule rule, rules_.Get(call.tx(), key.tenant, key.rule, request.version()));
  ToProto(key.tenant, rule, response);
  return absl::OkStatus();
}

absl::Status RuleApi::ListRules(rpc::Call& call, const v1::ListRulesRequest& request, v1::ListRulesResponse& response) {
  ASSIGN_OR_RETURN(const Page page, OpenPage(tokens_, request));
  Store::Listing listing{.after = RuleId(NumberOf<int64_t>(page.after, 0)),
                         .trigger = request.filter().trigger(),
                         .states = {},
                         .limit = page.size + 1};
  ASSIGN_OR_RETURN(listing.states, ParseStates(request.filter()));
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(std::vector<Rule> rules, rules_.store().ListRules(call.tx(), tenant, listing));
  const bool more = rules.size() > static_cast<size_t>(page.size);
  if (more) rules.pop_back();
  for (const Rule& rule : rules) ToProto(tenant, rule, *response.add_rules());
  if (more) response.set_next_page_token(MakeToken(tokens_, request, rules.back().id.ToString()));
  return absl::OkStatus();
}

absl::Status RuleApi::ListRuleVersions(rpc::Call& call, const v1::ListRuleVersionsRequest& request,
                                       v1::ListRuleVersionsResponse& response) {
  ASSIGN_OR_RETURN(const Page page, OpenPage(tokens_, request));
  ASSIGN_OR_RETURN(const Key key, KeyOf(call, request));
  RETURN_IF_ERROR(rules_.Get(call.tx(), key.tenant, key.rule, 0).status());
  const auto before = NumberOf<int32_t>(page.after, std::numeric_limits<int32_t>::max());
  ASSIGN_OR_RETURN(std::vector<Rule> versions,
                   rules_.store().ListVersions(call.tx(), key.tenant, key.rule, before, page.size + 1));
  const bool more = versions.size() > static_cast<size_t>(page.size);
  if (more) versions.pop_back();
  for (const Rule& version : versions) ToProto(key.tenant, version, *response.add_versions());
  if (more) response.set_next_page_token(MakeToken(tokens_, request, fmt::to_string(versions.back().version)));
  return absl::OkStatus();
}

absl::Status RuleApi::UpdateRule(rpc::Call& call, const v1::UpdateRuleRequest& request, v1::Rule& response) {
  if (request.rule().version() < 0) return status::InvalidField("rule.version", "must not be below 0");
  ASSIGN_OR_RETURN(const std::vector<std::string> paths, Paths(request));
  ASSIGN_OR_RETURN(const Content content, ParseContent(request.rule()));
  ASSIGN_OR_RETURN(const Key key, KeyOf(call, request));
  const auto changed = rules_.Update(call.tx(), key.tenant, key.rule, request.rule().version(),
                                     [&](Content& target) { Apply(paths, content, target); });
  if (!changed.ok()) return BelowRule(changed.status());
  Answer(key.tenant, *changed, call, response);
  return absl::OkStatus();
}

template <class Request>
absl::Status RuleApi::Move(rpc::Call& call, const Request& request, State to, v1::Rule& response) const {
  ASSIGN_OR_RETURN(const Key key, KeyOf(call, request));
  ASSIGN_OR_RETURN(const Rules::Changed<Rule> changed, rules_.Move(call.tx(), key.tenant, key.rule, to));
  Answer(key.tenant, changed, call, response);
  return absl::OkStatus();
}

absl::Status RuleApi::ActivateRule(rpc::Call& call, const v1::ActivateRuleRequest& request, v1::Rule& response) {
  return Move(call, request, State::kActive, response);
}

absl::Status RuleApi::DeactivateRule(rpc::Call& call, const v1::DeactivateRuleRequest& request, v1::Rule& response) {
  return Move(call, request, State::kInactive, response);
}

absl::Status RuleApi::DeleteRule(rpc::Call& call, const v1::DeleteRuleRequest& request, v1::Rule& response) {
  ASSIGN_OR_RETURN(const Key key, KeyOf(call, request));
  ASSIGN_OR_RETURN(const Rule rule, rules_.Delete(call.tx(), key.tenant, key.rule));
  ToProto(key.tenant, rule, response);
  rpc::Call::Change change = ChangeOf(key.tenant, rule.id);
  change.before = AuditState<v1::Rule>(key.tenant, rule);
  call.RecordChange(std::move(change));
  return absl::OkStatus();
}

absl::Status RuleApi::CreateTrigger(rpc::Call& call, const v1::CreateTriggerRequest& request, v1::Trigger& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  RETURN_IF_ERROR(tenants_.HoldUnarchived(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const Trigger trigger, rules_.CreateTrigger(call.tx(), tenant,
                                                               {.name = request.trigger(),
                                                                .description = request.description(),
                                                                .attributes = ParseAttributes(request.attributes())}));
  ToProto(tenant, trigger, response);
  rpc::Call::Change change = ChangeOf(tenant, trigger.name);
  change.after = AuditState<v1::Trigger>(tenant, trigger);
  call.RecordChange(std::move(change));
  return absl::OkStatus();
}

absl::Status RuleApi::ListTriggers(rpc::Call& call, const v1::ListTriggersRequest& request,
                                   v1::ListTriggersResponse& response) {
  ASSIGN_OR_RETURN(const Page page, OpenPage(tokens_, request));
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const std::vector<Trigger> own, rules_.store().ListTriggers(call.tx(), tenant));
  std::vector<Trigger> all = BuiltInTriggers();
  all.insert(all.end(), own.begin(), own.end());
  const auto start = page.after.empty()
                         ? all.begin()
                         : std::find_if(all.begin(), all.end(), [&](const Trigger& t) { return t.name == page.after; });
  size_t first = static_cast<size_t>(start - all.begin()) + (page.after.empty() ? 0 : 1);
  const size_t last = std::min(all.size(), first + static_cast<size_t>(page.size));
  for (; first < last; ++first) ToProto(tenant, all[first], *response.add_triggers());
  if (last < all.size()) response.set_next_page_token(MakeToken(tokens_, request, all[last - 1].name));
  return absl::OkStatus();
}

absl::Status RuleApi::UpdateTrigger(rpc::Call& call, const v1::UpdateTriggerRequest& request, v1::Trigger& response) {
  std::vector<std::string> paths(request.update_mask().paths().begin(), request.update_mask().paths().end());
  if (paths.empty() && !request.description().empty()) paths.emplace_back("description");
  if (request.update_mask().paths().empty() && !request.attributes().empty()) paths.emplace_back("attributes");
  const bool known = std::all_of(paths.begin(), paths.end(),
                                 [](const std::string& path) { return path == "description" || path == "attributes"; });
  if (!known || paths.empty()) return status::InvalidField("update_mask", "must name description or attributes");
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const Rules::Changed<Trigger> changed,
                   rules_.UpdateTrigger(call.tx(), tenant, request.trigger(), [&](Trigger& trigger) {
                     for (const std::string& path : paths) {
                       if (path == "description") trigger.description = request.description();
                       if (path == "attributes") trigger.attributes = ParseAttributes(request.attributes());
                     }
                   }));
  ToProto(tenant, changed.after, response);
  rpc::Call::Change change = ChangeOf(tenant, changed.after.name);
  change.before = AuditState<v1::Trigger>(tenant, changed.before);
  change.after = AuditState<v1::Trigger>(tenant, changed.after);
  call.RecordChange(std::move(change));
  return absl::OkStatus();
}

absl::Status RuleApi::DeleteTrigger(rpc::Call& call, const v1::DeleteTriggerRequest& request, v1::Trigger& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const Trigger trigger, rules_.DeleteTrigger(call.tx(), tenant, request.trigger()));
  ToProto(tenant, trigger, response);
  rpc::Call::Change change = ChangeOf(tenant, trigger.name);
  change.before = AuditState<v1::Trigger>(tenant, trigger);
  call.RecordChange(std::move(change));
  return absl::OkStatus();
}

}  // namespace smallbiznis::rule
