// The tables access.roles and access.policy_rules. The only code that touches them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/casbin/policy.h"
#include "pkg/db/tx.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::access {

// A role that a tenant has made.
struct CustomRole {
  TenantId tenant;
  std::string name;
  std::string description;
  std::vector<std::string> permissions;
  absl::Time created_at;
  absl::Time updated_at;
};

// Stateless.
class Store {
 public:
  // Deferred. ALREADY_EXISTS, reason ROLE_EXISTS.
  void Insert(db::Tx& tx, const CustomRole& role) const;
  // By name.
  absl::StatusOr<std::vector<CustomRole>> List(db::Tx& tx, TenantId tenant) const;
  absl::StatusOr<std::optional<CustomRole>> Lock(db::Tx& tx, TenantId tenant, const std::string& name) const;
  // Deferred; for a role that is locked.
  void Update(db::Tx& tx, const CustomRole& role) const;
  void Delete(db::Tx& tx, const CustomRole& role) const;
  // How many roles the tenant has; nobody adds another until the transaction ends.
  absl::StatusOr<int64_t> LockAndCount(db::Tx& tx, TenantId tenant) const;

  // The platform's policy, in its order. Platform scope.
  absl::StatusOr<std::vector<casbin::Rule>> ReadPolicy(db::Tx& tx) const;
  // Deferred.
  void ReplacePolicy(db::Tx& tx, const std::vector<casbin::Rule>& rules) const;

  // Deferred: tells every listener of kChannel when the transaction commits.
  void NotifyRoles(db::Tx& tx, TenantId tenant) const;
  void NotifyPolicy(db::Tx& tx) const;
};

inline constexpr char kChannel[] = "access_policy";

// What a notification says: whose roles have changed; none: the policy has.
std::optional<TenantId> ParseNotification(std::string_view payload);

}  // namespace smallbiznis::access
