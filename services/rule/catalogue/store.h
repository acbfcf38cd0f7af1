// The tables of schema rule. The only code that touches them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/db/tx.h"
#include "pkg/snowflake/id.h"
#include "services/rule/engine/rule.h"
#include "services/rule/engine/schema.h"

namespace smallbiznis::rule {

inline constexpr char kChannel[] = "rule_changes";

// Stateless. What changes something is for whoever has taken a change in the same transaction.
class Store {
 public:
  // Numbers a change; nobody else changes the tenant's rules until the transaction ends, and then every listener of
  // kChannel is told.
  absl::StatusOr<int64_t> TakeChange(db::Tx& tx, TenantId tenant) const;
  // Deferred; again it changes nothing.
  void EnsureHead(db::Tx& tx, TenantId tenant) const;
  // 0 where nothing was ever changed.
  absl::StatusOr<int64_t> ReadHead(db::Tx& tx, TenantId tenant) const;

  // Deferred.
  void InsertRule(db::Tx& tx, TenantId tenant, const Rule& rule, int64_t change) const;
  void InsertVersion(db::Tx& tx, TenantId tenant, const Rule& rule) const;
  void UpdateRule(db::Tx& tx, TenantId tenant, const Rule& rule, int64_t change) const;
  void DeleteRule(db::Tx& tx, TenantId tenant, const Rule& rule, int64_t change) const;

  // At its newest version, or at that one. Nothing where it is deleted.
  absl::StatusOr<std::optional<Rule>> FindRule(db::Tx& tx, TenantId tenant, RuleId id) const;
  absl::StatusOr<std::optional<Rule>> FindVersion(db::Tx& tx, TenantId tenant, RuleId id, int32_t version) const;

  struct Listing {
    RuleId after;
    std::string trigger;              // "": any
    std::vector<std::string> states;  // none: any
    int limit = 0;
  };
  absl::StatusOr<std::vector<Rule>> ListRules(db::Tx& tx, TenantId tenant, const Listing& listing) const;
  // From the newest that is below `before`.
  absl::StatusOr<std::vector<Rule>> ListVersions(db::Tx& tx, TenantId tenant, RuleId id, int32_t before,
                                                 int limit) const;
  absl::StatusOr<int64_t> CountRules(db::Tx& tx, TenantId tenant) const;

  struct Changed {
    RuleId id;
    int32_t version = 0;
    std::string trigger;
    std::optional<Content> content;  // of an active rule
  };
  // The rules that have changed since.
  absl::StatusOr<std::vector<Changed>> ChangedSince(db::Tx& tx, TenantId tenant, int64_t change) const;

  // Deferred. ALREADY_EXISTS, reason TRIGGER_EXISTS.
  void InsertTrigger(db::Tx& tx, TenantId tenant, const Trigger& trigger) const;
  void UpdateTrigger(db::Tx& tx, TenantId tenant, const Trigger& trigger) const;
  void DeleteTrigger(db::Tx& tx, TenantId tenant, const std::string& trigger) const;
  absl::StatusOr<std::optional<Trigger>> FindTrigger(db::Tx& tx, TenantId tenant, std::string_view trigger) const;
  // By name.
  absl::StatusOr<std::vector<Trigger>> ListTriggers(db::Tx& tx, TenantId tenant) const;
  absl::StatusOr<bool> TriggerInUse(db::Tx& tx, TenantId tenant, const std::string& trigger) const;
};

}  // namespace smallbiznis::rule
