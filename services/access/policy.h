// The platform's policy: a model, its rules, and where both come from.
#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/casbin/enforcer.h"
#include "pkg/clock/clock.h"
#include "pkg/db/pool.h"
#include "services/access/store.h"

namespace smallbiznis::access {

// The tenant of a request that an operator of the platform makes.
inline constexpr std::string_view kPlatformTenant = "platform";

// What is asked of a policy.
struct Question {
  std::string role;
  std::string tenant;  // an id, or kPlatformTenant
  std::string object;
  std::string action;
};

// Immutable and thread-safe.
class Policy {
 public:
  // INVALID_ARGUMENT, with the reason of pkg/casbin, for a model or rules that make no sense; also for a model whose
  // requests are not (subject, tenant, object, action).
  static absl::StatusOr<std::shared_ptr<const Policy>> Make(std::string_view model, casbin::Adapter& rules);

  // The same with rules of a tenant on top: one rule `p, role, tenant, object, action` for each permission of a role.
  absl::StatusOr<std::shared_ptr<const Policy>> With(std::span<const CustomRole> roles) const;

  // An error never allows.
  absl::StatusOr<casbin::Explanation> Ask(const Question& question) const;

  bool SameAs(const Policy& other) const { return model_ == other.model_ && rules_ == other.rules_; }
  // Names that a rule gives something to, or a link leads from.
  bool HasRole(std::string_view role) const { return roles_.find(role) != roles_.end(); }
  const std::set<std::string, std::less<>>& roles() const { return roles_; }
  const std::vector<casbin::Rule>& rules() const { return rules_; }

 private:
  Policy() = default;

  std::string model_;
  std::unique_ptr<casbin::Enforcer> enforcer_;
  std::vector<casbin::Rule> rules_;
  std::set<std::string, std::less<>> roles_;
};

// Where the platform's policy is. Thread-safe.
class PolicySource {
 public:
  virtual ~PolicySource() = default;
  virtual absl::StatusOr<std::shared_ptr<const Policy>> Read() const = 0;
  // Changes when what Read would give has changed; empty: only a notification tells.
  virtual std::string Stamp() const { return ""; }
  // A policy of this model with other rules: Casbin's CSV, or the shipped rules when it is empty. FAILED_PRECONDITION,
  // reason POLICY_NOT_IN_DATABASE, for a source whose rules cannot be replaced.
  virtual absl::StatusOr<std::shared_ptr<const Policy>> Replacement(std::string_view csv) const = 0;
};

struct PolicyFiles {
  std::string model;  // paths; empty: what the program ships with
  std::string policy;
};
std::unique_ptr<PolicySource> FileSource(PolicyFiles files);

// The rules are in access.policy_rules; while there are none, those that the program ships with. `pool` and `clock`
// must outlive the source.
std::unique_ptr<PolicySource> DatabaseSource(db::Pool& pool, const clock::Clock& clock, std::string model_path);

}  // namespace smallbiznis::access
