#include "services/access/roles.h"

#include <fmt/format.h>

#include <algorithm>

#include "pkg/text/user_text.h"
#include "services/access/reason.h"

namespace smallbiznis::access {
namespace {

constexpr int64_t kMaxRoles = 50;
constexpr size_t kMaxPermissions = 200;
constexpr size_t kMaxName = 40;
constexpr text::UserTextRules kDescriptionRules{.max_characters = 500};

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && name[0] >= 'a' && name[0] <= 'z' &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

// "tenant:read", or "tenant:*" where there is any permission of the object.
bool IsKnown(std::string_view permission, const KnownPermissions& known) {
  if (!permission.ends_with(":*")) return known.find(permission) != known.end();
  const std::string_view object = permission.substr(0, permission.size() - 1);
  const auto first = known.lower_bound(object);
  return object.size() > 1 && first != known.end() && first->starts_with(object);
}

void CheckDescription(const std::string& description, std::vector<status::FieldViolation>& out) {
  if (const auto problem = text::Problem(description, kDescriptionRules)) out.push_back({"description", *problem});
}

void CheckPermissions(const std::vector<std::string>& permissions, const KnownPermissions& known,
                      std::vector<status::FieldViolation>& out) {
  if (permissions.empty()) out.push_back({"permissions", "must name at least one permission"});
  if (permissions.size() > kMaxPermissions) {
    out.push_back({"permissions", fmt::format("must name at most {} permissions", kMaxPermissions)});
    return;
  }
  for (size_t i = 0; i < permissions.size(); ++i) {
    const auto at = permissions.begin() + static_cast<ptrdiff_t>(i);
    if (!IsKnown(permissions[i], known)) {
      out.push_back(
          {fmt::format("permissions[{}]", i), "is no permission that a tenant can give: see ListPermissions"});
    } else if (std::find(permissions.begin(), at, permissions[i]) != at) {
      out.push_back({fmt::format("permissions[{}]", i), "is named twice"});
    }
  }
}

}  // namespace

std::vector<status::FieldViolation> Violations(const NewRole& draft, const KnownPermissions& known) {
  std::vector<status::FieldViolation> violations;
  if (!IsName(draft.name)) {
    violations.push_back({"role", "must be 1 to 40 of a-z, 0-9 and _, a letter first"});
  }
  CheckDescription(draft.description, violations);
  CheckPermissions(draft.permissions, known, violations);
  return violations;
}

absl::Status Roles::CheckHeld(const rpc::Principal& by, const std::vector<std::string>& permissions) const {
  for (const std::string& permission : permissions) {
    ASSIGN_OR_RETURN(const Decision decision, authority_.Decide(by, permission));
    if (!decision.allowed) return Error(Reason::kPermissionNotHeld);
  }
  return absl::OkStatus();
}

absl::StatusOr<CustomRole> Roles::Create(db::Tx& tx, const rpc::Principal& by, const NewRole& draft,
                                         const KnownPermissions& known) const {
  if (auto violations = Violations(draft, known); !violations.empty()) {
    return status::InvalidFields(std::move(violations));
  }
  if (authority_.policy()->HasRole(draft.name)) {
    return status::WithFields(Error(Reason::kRoleReserved), {{"role", "is a role of the platform's policy"}});
  }
  RETURN_IF_ERROR(CheckHeld(by, draft.permissions));
  ASSIGN_OR_RETURN(const int64_t count, store_.LockAndCount(tx, draft.tenant));
  if (count >= kMaxRoles) return Error(Reason::kTooManyRoles);
  const absl::Time now = clock_.Now();
  CustomRole role{.tenant = draft.tenant,
                  .name = draft.name,
                  .description = draft.description,
                  .permissions = draft.permissions,
                  .created_at = now,
                  .updated_at = now};
  store_.Insert(tx, role);
  store_.NotifyRoles(tx, role.tenant);
  return role;
}

absl::StatusOr<Roles::Changed> Roles::Update(db::Tx& tx, const rpc::Principal& by, const RoleChange& change,
                                             const KnownPermissions& known) const {
  std::vector<status::FieldViolation> violations;
  if (change.description) CheckDescription(*change.description, violations);
  if (change.permissions) CheckPermissions(*change.permissions, known, violations);
  if (!violations.empty()) return status::InvalidFields(std::move(violations));
  ASSIGN_OR_RETURN(const std::optional<CustomRole> found, store_.Lock(tx, change.tenant, change.name));
  if (!found) return Error(Reason::kRoleNotFound);
  Changed changed{*found, *found};
  if (change.description) changed.after.description = *change.description;
  if (change.permissions) changed.after.permissions = *change.permissions;
  changed.after.updated_at = clock_.Now();
  RETURN_IF_ERROR(CheckHeld(by, changed.after.permissions));
  store_.Update(tx, changed.after);
  store_.NotifyRoles(tx, change.tenant);
  return changed;
}

absl::StatusOr<CustomRole> Roles::Delete(db::Tx& tx, TenantId tenant, const std::string& name) const {
  ASSIGN_OR_RETURN(const std::optional<CustomRole> found, store_.Lock(tx, tenant, name));
  if (!found) return Error(Reason::kRoleNotFound);
  store_.Delete(tx, *found);
  store_.NotifyRoles(tx, tenant);
  return *found;
}

absl::StatusOr<std::vector<std::string>> Roles::PermissionsOf(db::Tx& tx, TenantId tenant,
                                                              const std::string& role) const {
  const std::shared_ptr<const Policy> policy = authority_.policy();
  std::vector<std::string> permissions;
  if (!policy->HasRole(role)) {
    ASSIGN_OR_RETURN(const std::vector<CustomRole> custom, store_.List(tx, tenant));
    for (const CustomRole& each : custom) {
      if (each.name == role) permissions = each.permissions;
    }
    return permissions;
  }
  // Whatever the role has, a rule gives: of these, those that it has.
  const rpc::Principal holder{.subject = "role", .tenant = tenant, .platform = false, .scopes = {}, .roles = {role}};
  for (const casbin::Rule& rule : policy->rules()) {
    if (rule.section != "p" || rule.values.size() < 4) continue;
    const std::string& object = rule.values[2];
    const std::string permission = object == "*" ? object : fmt::format("{}:{}", object, rule.values[3]);
    ASSIGN_OR_RETURN(const Decision decision, authority_.Decide(holder, permission));
    if (decision.allowed) permissions.push_back(permission);
  }
  return permissions;
}

absl::Status Roles::CheckHolds(db::Tx& tx, const rpc::Principal& by, TenantId tenant, const std::string& role) const {
  ASSIGN_OR_RETURN(const std::vector<std::string> permissions, PermissionsOf(tx, tenant, role));
  return CheckHeld(by, permissions);
}

absl::Status Roles::CheckMayGive(db::Tx& tx, const rpc::Principal& by, TenantId tenant, const std::string& role) const {
  ASSIGN_OR_RETURN(const std::vector<std::string> permissions, PermissionsOf(tx, tenant, role));
  if (permissions.empty()) return status::InvalidField("role", "is no role that a member can have: see ListRoles");
  return CheckHeld(by, permissions);
}

}  // namespace smallbiznis::access
