// Rules and triggers of tenants: making and changing them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/db/tx.h"
#include "pkg/snowflake/generator.h"
#include "services/rule/catalogue/store.h"
#include "services/rule/client.h"
#include "services/rule/engine/compiled.h"
#include "services/rule/engine/rule.h"
#include "services/rule/engine/schema.h"

namespace smallbiznis::rule {

// The schema of a trigger of the platform, compiled once; null when there is none of the name.
std::shared_ptr<const Schema> BuiltInSchema(std::string_view trigger);

// Thread-safe. Everything happens in the caller's transaction; what has changed is in force everywhere within a second
// of its commit.
class Rules final : public Client {
 public:
  // Both must outlive this.
  Rules(snowflake::Generator& ids, const clock::Clock& clock) : ids_(ids), clock_(clock) {}

  void CreateDefaults(db::Tx& tx, TenantId tenant) const override { store_.EnsureHead(tx, tenant); }

  template <class Value>
  struct Changed {
    Value before;
    Value after;
  };

  // INVALID_ARGUMENT with every field at fault, RULE_EXPRESSION_INVALID, TRIGGER_NOT_FOUND, TOO_MANY_RULES.
  absl::StatusOr<Rule> Create(db::Tx& tx, TenantId tenant, Content content) const;
  // `change` is applied to the newest content: a new version where that differs. RULE_NOT_FOUND; RULE_CHANGED when the
  // rule is not at `expected` (0: any); RULE_STATE_CONFLICT for an inactive rule; else as Create. The trigger is fixed.
  absl::StatusOr<Changed<Rule>> Update(db::Tx& tx, TenantId tenant, RuleId id, int32_t expected,
                                       const std::function<void(Content&)>& change) const;
  // DRAFT -> ACTIVE -> INACTIVE. RULE_NOT_FOUND; RULE_STATE_CONFLICT, which names both states, for every other move.
  absl::StatusOr<Changed<Rule>> Move(db::Tx& tx, TenantId tenant, RuleId id, State to) const;
  // RULE_NOT_FOUND.
  absl::StatusOr<Rule> Delete(db::Tx& tx, TenantId tenant, RuleId id) const;
  // At `version`, or the newest (0). RULE_NOT_FOUND.
  absl::StatusOr<Rule> Get(db::Tx& tx, TenantId tenant, RuleId id, int32_t version) const;
  // The same, ready to be evaluated.
  absl::StatusOr<std::shared_ptr<const CompiledRule>> GetCompiled(db::Tx& tx, TenantId tenant, RuleId id,
                                                                  int32_t version) const;

  // INVALID_ARGUMENT with the fields at fault, TRIGGER_BUILT_IN, TRIGGER_EXISTS (with the commit), TOO_MANY_TRIGGERS.
  absl::StatusOr<Trigger> CreateTrigger(db::Tx& tx, TenantId tenant, Trigger draft) const;
  // TRIGGER_NOT_FOUND, TRIGGER_BUILT_IN; TRIGGER_IN_USE when an attribute would go, be of another type, or begin to be
  // required, while rules use the trigger.
  absl::StatusOr<Changed<Trigger>> UpdateTrigger(db::Tx& tx, TenantId tenant, const std::string& name,
                                                 const std::function<void(Trigger&)>& change) const;
  // TRIGGER_NOT_FOUND, TRIGGER_BUILT_IN, TRIGGER_IN_USE.
  absl::StatusOr<Trigger> DeleteTrigger(db::Tx& tx, TenantId tenant, const std::string& name) const;
  // The platform's, or the tenant's own. TRIGGER_NOT_FOUND.
  absl::StatusOr<std::shared_ptr<const Schema>> FindSchema(db::Tx& tx, TenantId tenant, const std::string& name) const;

  const Store& store() const { return store_; }

 private:
  // The warning about its cost.
  absl::StatusOr<std::string> Check(db::Tx& tx, TenantId tenant, const Content& content) const;
  absl::StatusOr<Trigger> LockOwn(db::Tx& tx, TenantId tenant, const std::string& name) const;

  snowflake::Generator& ids_;
  const clock::Clock& clock_;
  Store store_;
};

}  // namespace smallbiznis::rule
