#include "services/rule/catalogue/store.h"

#include "pkg/db/error.h"
#include "pkg/status/status.h"
#include "services/rule/catalogue/queries.h"
#include "services/rule/catalogue/reason.h"
#include "services/rule/engine/rule_json.h"

namespace smallbiznis::rule {
namespace {

namespace sql = rule_catalogue::sql;

absl::StatusOr<Rule> RuleFromRow(const db::Row& row) {
  Rule rule{.id = RuleId(row.Int64(0)), .version = row.Int32(1)};
  rule.state = ParseState(row.Text(2)).value_or(State::kDraft);
  ASSIGN_OR_RETURN(rule.content, ParseContent(row.Text(3)));
  rule.created_at = row.Time(4);
  rule.updated_at = row.Time(5);
  return rule;
}

absl::StatusOr<std::vector<Rule>> RulesFrom(const absl::StatusOr<db::Rows>& rows) {
  RETURN_IF_ERROR(rows.status());
  std::vector<Rule> rules;
  for (int i = 0; i < rows->size(); ++i) {
    ASSIGN_OR_RETURN(Rule rule, RuleFromRow((*rows)[i]));
    rules.push_back(std::move(rule));
  }
  return rules;
}

absl::StatusOr<std::optional<Rule>> OneRule(const absl::StatusOr<db::Rows>& rows) {
  ASSIGN_OR_RETURN(std::vector<Rule> rules, RulesFrom(rows));
  if (rules.empty()) return std::nullopt;
  return std::move(rules[0]);
}

absl::StatusOr<Trigger> TriggerFromRow(const db::Row& row) {
  Trigger trigger{.name = std::string(row.Text(0)), .description = std::string(row.Text(1)), .attributes = {}};
  ASSIGN_OR_RETURN(trigger.attributes, ParseAttributes(row.Text(2)));
  trigger.created_at = row.Time(3);
  trigger.updated_at = row.Time(4);
  return trigger;
}

}  // namespace

absl::StatusOr<int64_t> Store::TakeChange(db::Tx& tx, TenantId tenant) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kTakeChange, {tenant}));
  tx.Defer(sql::kNotify, {tenant.ToString()});
  return rows[0].Int64(0);
}

void Store::EnsureHead(db::Tx& tx, TenantId tenant) const {
  tx.Defer(sql::kEnsureHead, {tenant});
}

absl::StatusOr<int64_t> Store::ReadHead(db::Tx& tx, TenantId tenant) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kReadHead, {tenant}));
  return rows.empty() ? 0 : rows[0].Int64(0);
}

void Store::InsertRule(db::Tx& tx, TenantId tenant, const Rule& rule, int64_t change) const {
  tx.Defer(sql::kInsertRule, {tenant, rule.id, rule.content.trigger, change, rule.created_at});
  InsertVersion(tx, tenant, rule);
}

void Store::InsertVersion(db::Tx& tx, TenantId tenant, const Rule& rule) const {
  tx.Defer(sql::kInsertVersion, {tenant, rule.id, rule.version, ToJson(rule.content), rule.updated_at});
}

void Store::UpdateRule(db::Tx& tx, TenantId tenant, const Rule& rule, int64_t change) const {
  tx.Defer(sql::kUpdateRule, {tenant, rule.id, Name(rule.state), rule.version, change, rule.updated_at});
}

void Store::DeleteRule(db::Tx& tx, TenantId tenant, const Rule& rule, int64_t change) const {
  tx.Defer(sql::kDeleteRule, {tenant, rule.id, change, rule.updated_at});
}

absl::StatusOr<std::optional<Rule>> Store::FindRule(db::Tx& tx, TenantId tenant, RuleId id) const {
  return OneRule(tx.Query(sql::kFindRule, {tenant, id}));
}

absl::StatusOr<std::optional<Rule>> Store::FindVersion(db::Tx& tx, TenantId tenant, RuleId id, int32_t version) const {
  return OneRule(tx.Query(sql::kFindVersion, {tenant, id, version}));
}

absl::StatusOr<std::vector<Rule>> Store::ListRules(db::Tx& tx, TenantId tenant, const Listing& listing) const {
  return RulesFrom(
      tx.Query(sql::kListRules, {tenant, listing.after, listing.trigger, listing.states, int64_t{listing.limit}}));
}

absl::StatusOr<std::vector<Rule>> Store::ListVersions(db::Tx& tx, TenantId tenant, RuleId id, int32_t before,
                                                      int limit) const {
  return RulesFrom(tx.Query(sql::kListVersions, {tenant, id, before, int64_t{limit}}));
}

absl::StatusOr<int64_t> Store::CountRules(db::Tx& tx, TenantId tenant) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kCountRules, {tenant}));
  return rows[0].Int64(0);
}

absl::StatusOr<std::vector<Store::Changed>> Store::ChangedSince(db::Tx& tx, TenantId tenant, int64_t change) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kChangedRules, {tenant, change}));
  std::vector<Changed> changed;
  changed.reserve(static_cast<size_t>(rows.size()));
  for (const db::Row row : rows) {
    Changed& each = changed.emplace_back();
    each.id = RuleId(row.Int64(0));
    each.version = row.Int32(1);
    each.trigger = std::string(row.Text(2));
    if (!row.Bool(3)) continue;
    ASSIGN_OR_RETURN(each.content, ParseContent(row.Text(4)));
  }
  return changed;
}

void Store::InsertTrigger(db::Tx& tx, TenantId tenant, const Trigger& trigger) const {
  tx.Defer(sql::kInsertTrigger,
           {tenant, trigger.name, trigger.description, ToJson(trigger.attributes), trigger.created_at},
           [](const absl::Status& error) {
             return db::Constraint(error) == "triggers_pk" ? Error(Reason::kTriggerExists) : error;
           });
}

void Store::UpdateTrigger(db::Tx& tx, TenantId tenant, const Trigger& trigger) const {
  tx.Defer(sql::kUpdateTrigger,
           {tenant, trigger.name, trigger.description, ToJson(trigger.attributes), trigger.updated_at});
}

void Store::DeleteTrigger(db::Tx& tx, TenantId tenant, const std::string& trigger) const {
  tx.Defer(sql::kDeleteTrigger, {tenant, trigger});
}

absl::StatusOr<std::optional<Trigger>> Store::FindTrigger(db::Tx& tx, TenantId tenant, std::string_view trigger) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindTrigger, {tenant, trigger}));
  if (rows.empty()) return std::nullopt;
  return TriggerFromRow(rows[0]);
}

absl::StatusOr<std::vector<Trigger>> Store::ListTriggers(db::Tx& tx, TenantId tenant) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kListTriggers, {tenant}));
  std::vector<Trigger> triggers;
  for (const db::Row row : rows) {
    ASSIGN_OR_RETURN(Trigger trigger, TriggerFromRow(row));
    triggers.push_back(std::move(trigger));
  }
  return triggers;
}

absl::StatusOr<bool> Store::TriggerInUse(db::Tx& tx, TenantId tenant, const std::string& trigger) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kTriggerInUse, {tenant, trigger}));
  return rows[0].Bool(0);
}

}  // namespace smallbiznis::rule
