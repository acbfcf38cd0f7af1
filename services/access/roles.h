// Roles that tenants make of permissions, on top of those of the platform's policy.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/db/tx.h"
#include "pkg/rpc/principal.h"
#include "pkg/status/status.h"
#include "services/access/authority.h"
#include "services/access/client.h"
#include "services/access/store.h"

namespace smallbiznis::access {

// What a role can be made of: permissions that RPCs ask tenants for.
using KnownPermissions = std::set<std::string, std::less<>>;

struct NewRole {
  TenantId tenant;
  std::string name;
  std::string description;
  std::vector<std::string> permissions;
};

struct RoleChange {
  TenantId tenant;
  std::string name;
  std::optional<std::string> description;
  std::optional<std::vector<std::string>> permissions;
};

// What is wrong with a draft as it stands in a request, all at once.
std::vector<status::FieldViolation> Violations(const NewRole& draft, const KnownPermissions& known);

// Thread-safe. Everything happens in the caller's transaction; what has changed is in force everywhere within a second
// of its commit.
class Roles final : public Grants {
 public:
  // The arguments must outlive this.
  Roles(Authority& authority, const clock::Clock& clock) : authority_(authority), clock_(clock) {}

  struct Changed {
    CustomRole before;
    CustomRole after;
  };

  // INVALID_ARGUMENT with the fields at fault, ROLE_RESERVED, TOO_MANY_ROLES, ROLE_EXISTS (with the commit);
  // PERMISSION_NOT_HELD when `by` does not hold every permission that the role gives.
  absl::StatusOr<CustomRole> Create(db::Tx& tx, const rpc::Principal& by, const NewRole& draft,
                                    const KnownPermissions& known) const;
  // ROLE_NOT_FOUND; else as Create. Nobody changes a role that gives more than they have.
  absl::StatusOr<Changed> Update(db::Tx& tx, const rpc::Principal& by, const RoleChange& change,
                                 const KnownPermissions& known) const;
  // ROLE_NOT_FOUND.
  absl::StatusOr<CustomRole> Delete(db::Tx& tx, TenantId tenant, const std::string& name) const;
  // By name.
  absl::StatusOr<std::vector<CustomRole>> List(db::Tx& tx, TenantId tenant) const { return store_.List(tx, tenant); }

  absl::Status CheckHolds(db::Tx& tx, const rpc::Principal& by, TenantId tenant,
                          const std::string& role) const override;
  absl::Status CheckMayGive(db::Tx& tx, const rpc::Principal& by, TenantId tenant,
                            const std::string& role) const override;

 private:
  // All that `role` gives to a member of `tenant`.
  absl::StatusOr<std::vector<std::string>> PermissionsOf(db::Tx& tx, TenantId tenant, const std::string& role) const;
  absl::Status CheckHeld(const rpc::Principal& by, const std::vector<std::string>& permissions) const;

  Authority& authority_;
  const clock::Clock& clock_;
  Store store_;
};

}  // namespace smallbiznis::access
