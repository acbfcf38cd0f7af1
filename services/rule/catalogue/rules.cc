#include "services/rule/catalogue/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "pkg/status/status.h"
#include "services/rule/catalogue/reason.h"

namespace smallbiznis::rule {
namespace {

constexpr int64_t kMaxRules = 100'000;
constexpr size_t kMaxTriggers = 100;

absl::Status StateConflict(State from, std::string_view wanted) {
  return Error(Reason::kRuleStateConflict, fmt::format("a rule that is {} cannot {}", Name(from), wanted));
}

bool Follows(State from, State to) {
  return (from == State::kDraft && to == State::kActive) || (from == State::kActive && to == State::kInactive);
}

// Rules were compiled against the old attributes, contexts are made for them.
absl::Status CheckCompatible(const std::vector<Attribute>& before, const std::vector<Attribute>& after) {
  const auto conflict = [](const Attribute& attribute, std::string_view what) {
    return Error(Reason::kTriggerInUse, fmt::format("rules use the trigger: {} cannot {}", attribute.name, what));
  };
  for (const Attribute& old : before) {
    const auto found = std::find_if(after.begin(), after.end(), [&](const Attribute& a) { return a.name == old.name; });
    if (found == after.end()) return conflict(old, "go");
    if (found->type != old.type) return conflict(old, fmt::format("be of another type than {}", old.type));
    if (found->required && !old.required) return conflict(old, "begin to be required");
  }
  for (const Attribute& fresh : after) {
    const bool known =
        std::any_of(before.begin(), before.end(), [&](const Attribute& a) { return a.name == fresh.name; });
    if (!known && fresh.required) return conflict(fresh, "be required");
  }
  return absl::OkStatus();
}

}  // namespace

std::shared_ptr<const Schema> BuiltInSchema(std::string_view trigger) {
  using Schemas = std::map<std::string, std::shared_ptr<const Schema>, std::less<>>;
  static const Schemas& schemas = *[] {
    auto* made = new Schemas;
    for (const Trigger& each : BuiltInTriggers()) made->emplace(each.name, *Schema::Create(each));
    return made;
  }();
  const auto found = schemas.find(trigger);
  return found == schemas.end() ? nullptr : found->second;
}

absl::StatusOr<std::shared_ptr<const Schema>> Rules::FindSchema(db::Tx& tx, TenantId tenant,
                                                                const std::string& name) const {
  if (std::shared_ptr<const Schema> schema = BuiltInSchema(name)) return schema;
  if (!IsTriggerName(name)) return Error(Reason::kTriggerNotFound);
  ASSIGN_OR_RETURN(const std::optional<Trigger> trigger, store_.FindTrigger(tx, tenant, name));
  if (!trigger) return Error(Reason::kTriggerNotFound);
  return Schema::Create(*trigger);
}

absl::StatusOr<std::string> Rules::Check(db::Tx& tx, TenantId tenant, const Content& content) const {
  if (auto violations = Violations(content); !violations.empty()) return status::InvalidFields(std::move(violations));
  ASSIGN_OR_RETURN(const std::shared_ptr<const Schema> schema, FindSchema(tx, tenant, content.trigger));
  ASSIGN_OR_RETURN(const std::shared_ptr<const CompiledRule> rule, CompileRule(schema, RuleId(), 1, content));
  const RuleCost cost = CostOf(*rule);
  RETURN_IF_ERROR(CheckCost(*rule, cost));
  return CostWarning(*rule, cost);
}

absl::StatusOr<Rule> Rules::Create(db::Tx& tx, TenantId tenant, Content content) const {
  ASSIGN_OR_RETURN(const int64_t change, store_.TakeChange(tx, tenant));
  ASSIGN_OR_RETURN(std::string warning, Check(tx, tenant, content));
  ASSIGN_OR_RETURN(const int64_t count, store_.CountRules(tx, tenant));
  if (count >= kMaxRules) return Error(Reason::kTooManyRules);
  const absl::Time now = clock_.Now();
  Rule rule{.id = ids_.Next<RuleId>(), .content = std::move(content), .created_at = now, .updated_at = now};
  rule.cost_warning = std::move(warning);
  store_.InsertRule(tx, tenant, rule, change);
  return rule;
}

absl::StatusOr<Rules::Changed<Rule>> Rules::Update(db::Tx& tx, TenantId tenant, RuleId id, int32_t expected,
                                                   const std::function<void(Content&)>& change) const {
  ASSIGN_OR_RETURN(const int64_t number, store_.TakeChange(tx, tenant));
  ASSIGN_OR_RETURN(const Rule before, Get(tx, tenant, id, 0));
  if (expected != 0 && expected != before.version) return Error(Reason::kRuleChanged);
  if (before.state == State::kInactive) return StateConflict(before.state, "be changed");
  Changed<Rule> changed{before, before};
  change(changed.after.content);
  if (changed.after.content.trigger != before.content.trigger) {
    return status::InvalidField("trigger", "is fixed at creation");
  }
  if (changed.after.content == before.content) return changed;
  ASSIGN_OR_RETURN(changed.after.cost_warning, Check(tx, tenant, changed.after.content));
  ++changed.after.version;
  changed.after.updated_at = clock_.Now();
  store_.InsertVersion(tx, tenant, changed.after);
  store_.UpdateRule(tx, tenant, changed.after, number);
  return changed;
}

absl::StatusOr<Rules::Changed<Rule>> Rules::Move(db::Tx& tx, TenantId tenant, RuleId id, State to) const {
  ASSIGN_OR_RETURN(const int64_t number, store_.TakeChange(tx, tenant));
  ASSIGN_OR_RETURN(const Rule before, Get(tx, tenant, id, 0));
  if (!Follows(before.state, to)) return StateConflict(before.state, fmt::format("become {}", Name(to)));
  Changed<Rule> changed{before, before};
  changed.after.state = to;
  changed.after.updated_at = clock_.Now();
  store_.UpdateRule(tx, tenant, changed.after, number);
  return changed;
}

absl::StatusOr<Rule> Rules::Delete(db::Tx& tx, TenantId tenant, RuleId id) const {
  ASSIGN_OR_RETURN(const int64_t number, store_.TakeChange(tx, tenant));
  ASSIGN_OR_RETURN(Rule rule, Get(tx, tenant, id, 0));
  rule.updated_at = clock_.Now();
  store_.DeleteRule(tx, tenant, rule, number);
  return rule;
}

absl::StatusOr<Rule> Rules::Get(db::Tx& tx, TenantId tenant, RuleId id, int32_t version) const {
  ASSIGN_OR_RETURN(std::optional<Rule> rule,
                   version == 0 ? store_.FindRule(tx, tenant, id) : store_.FindVersion(tx, tenant, id, version));
  if (!rule) return Error(Reason::kRuleNotFound);
  return *std::move(rule);
}

absl::StatusOr<std::shared_ptr<const CompiledRule>> Rules::GetCompiled(db::Tx& tx, TenantId tenant, RuleId id,
                                                                       int32_t version) const {
  ASSIGN_OR_RETURN(Rule rule, Get(tx, tenant, id, version));
  ASSIGN_OR_RETURN(const std::shared_ptr<const Schema> schema, FindSchema(tx, tenant, rule.content.trigger));
  return CompileStored(schema, rule.id, rule.version, std::move(rule.content));
}

absl::StatusOr<Trigger> Rules::CreateTrigger(db::Tx& tx, TenantId tenant, Trigger draft) const {
  if (auto violations = Violations(draft); !violations.empty()) return status::InvalidFields(std::move(violations));
  if (FindBuiltIn(draft.name) != nullptr) return Error(Reason::kTriggerBuiltIn);
  RETURN_IF_ERROR(Schema::Create(draft).status());
  RETURN_IF_ERROR(store_.TakeChange(tx, tenant).status());
  ASSIGN_OR_RETURN(const std::vector<Trigger> others, store_.ListTriggers(tx, tenant));
  if (others.size() >= kMaxTriggers) return Error(Reason::kTooManyTriggers);
  draft.created_at = draft.updated_at = clock_.Now();
  store_.InsertTrigger(tx, tenant, draft);
  return draft;
}

absl::StatusOr<Trigger> Rules::LockOwn(db::Tx& tx, TenantId tenant, const std::string& name) const {
  if (FindBuiltIn(name) != nullptr) return Error(Reason::kTriggerBuiltIn);
  if (!IsTriggerName(name)) return Error(Reason::kTriggerNotFound);
  RETURN_IF_ERROR(store_.TakeChange(tx, tenant).status());
  ASSIGN_OR_RETURN(std::optional<Trigger> trigger, store_.FindTrigger(tx, tenant, name));
  if (!trigger) return Error(Reason::kTriggerNotFound);
  return *std::move(trigger);
}

absl::StatusOr<Rules::Changed<Trigger>> Rules::UpdateTrigger(db::Tx& tx, TenantId tenant, const std::string& name,
                                                             const std::function<void(Trigger&)>& change) const {
  ASSIGN_OR_RETURN(const Trigger before, LockOwn(tx, tenant, name));
  Changed<Trigger> changed{before, before};
  change(changed.after);
  if (auto violations = Violations(changed.after); !violations.empty()) {
    return status::InvalidFields(std::move(violations));
  }
  RETURN_IF_ERROR(Schema::Create(changed.after).status());
  ASSIGN_OR_RETURN(const bool in_use, store_.TriggerInUse(tx, tenant, name));
  if (in_use) RETURN_IF_ERROR(CheckCompatible(before.attributes, changed.after.attributes));
  changed.after.updated_at = clock_.Now();
  store_.UpdateTrigger(tx, tenant, changed.after);
  return changed;
}

absl::StatusOr<Trigger> Rules::DeleteTrigger(db::Tx& tx, TenantId tenant, const std::string& name) const {
  ASSIGN_OR_RETURN(Trigger trigger, LockOwn(tx, tenant, name));
  ASSIGN_OR_RETURN(const bool in_use, store_.TriggerInUse(tx, tenant, name));
  if (in_use) return Error(Reason::kTriggerInUse);
  store_.DeleteTrigger(tx, tenant, name);
  return trigger;
}

}  // namespace smallbiznis::rule
