#include "services/access/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"
#include "services/access/reason.h"

namespace smallbiznis::access {
namespace {

constexpr std::string_view kListPermissions = "smallbiznis.access.v1.AccessService.ListPermissions";
constexpr std::string_view kListRoles = "smallbiznis.access.v1.AccessService.ListRoles";
constexpr std::string_view kPlatformOnlyText = "denied: only the platform's operators may do that";
constexpr int kMaxPolicyBytes = 1 << 20;

void ToProto(const CustomRole& role, v1::Role& out) {
  out.set_tenant_id(role.tenant.ToString());
  out.set_role(role.name);
  out.set_description(role.description);
  out.mutable_permissions()->Assign(role.permissions.begin(), role.permissions.end());
  rpc::SetTime(role.created_at, out.mutable_create_time());
  rpc::SetTime(role.updated_at, out.mutable_update_time());
}

void ToProto(const Policy& policy, v1::AccessPolicy& out) {
  out.set_rule_count(static_cast<int32_t>(policy.rules().size()));
  out.mutable_roles()->Assign(policy.roles().begin(), policy.roles().end());
}

std::string AuditState(const CustomRole& role) {
  v1::Role message;
  ToProto(role, message);
  return rpc::StableBytes(message);
}

rpc::Call::Change ChangeOf(const CustomRole& role) {
  return {.resource = fmt::format("tenants/{}/roles/{}", role.tenant.value(), role.name), .tenant = role.tenant};
}

// Rules as text, for the audit trail's digest.
std::string AuditState(const Policy& policy) {
  std::string text;
  for (const casbin::Rule& rule : policy.rules()) {
    text += rule.section;
    for (const std::string& value : rule.values) text += fmt::format(", {}", value);
    text += '\n';
  }
  return text;
}

absl::StatusOr<RoleChange> ParseRoleChange(TenantId tenant, const v1::UpdateRoleRequest& request) {
  RoleChange change{.tenant = tenant, .name = request.role(), .description = {}, .permissions = {}};
  const std::vector<std::string> permissions(request.permissions().begin(), request.permissions().end());
  if (request.update_mask().paths().empty()) {
    if (!request.description().empty()) change.description = request.description();
    if (!permissions.empty()) change.permissions = permissions;
    if (!change.description && !change.permissions) {
      return status::InvalidField("update_mask", "must say what changes: description, permissions");
    }
    return change;
  }
  for (const std::string& path : request.update_mask().paths()) {
    if (path == "description") {
      change.description = request.description();
    } else if (path == "permissions") {
      change.permissions = permissions;
    } else {
      return status::InvalidField("update_mask", "must name description, permissions");
    }
  }
  return change;
}

// One page of items with unique keys in their order; `after` becomes the key of its last one, or empty at the end.
template <class Item, class Key>
std::pair<size_t, size_t> Slice(const std::vector<Item>& items, Key key, int size, std::string& after) {
  size_t first = 0;
  if (!after.empty()) {
    const auto at = std::find_if(items.begin(), items.end(), [&](const Item& item) { return key(item) == after; });
    first = at == items.end() ? items.size() : static_cast<size_t>(at - items.begin()) + 1;
  }
  const size_t last = std::min(items.size(), first + static_cast<size_t>(size));
  after = last < items.size() ? key(items[last - 1]) : "";
  return {first, last};
}

}  // namespace

const Catalogue& AccessApi::catalogue() const {
  std::call_once(catalogue_made_, [this] {
    std::vector<Catalogue::Method> methods;
    for (const rpc::Method* method : parts_.router.methods()) {
      methods.push_back({method->descriptor->full_name(), method->policy});
    }
    catalogue_ = std::make_unique<const Catalogue>(methods);
  });
  return *catalogue_;
}

template <class Request>
absl::StatusOr<Decision> AccessApi::Decide(rpc::Call& call, const Request& request) const {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  const auto entry = catalogue().entries().find(request.permission());
  if (entry == catalogue().entries().end()) {
    return status::InvalidField("permission", "is no permission: see ListPermissions");
  }
  if (!request.subject().empty() && !request.role().empty()) {
    return status::InvalidField("role", "must not be given with a subject");
  }
  RETURN_IF_ERROR(parts_.tenants.CheckVisible(call.tx(), call.principal(), tenant));
  rpc::Principal principal = call.principal();
  if (!request.subject().empty()) {
    ASSIGN_OR_RETURN(principal, parts_.subjects.Find(call.tx(), tenant, request.subject()));
  } else if (!request.role().empty()) {
    principal = {.subject = "role", .tenant = tenant, .platform = false, .scopes = {}, .roles = {request.role()}};
  }
  if (entry->second.platform_only && !principal.platform) return Decision{};
  return parts_.authority.Decide(principal, request.permission());
}

absl::Status AccessApi::CheckAccess(rpc::Call& call, const v1::CheckAccessRequest& request,
                                    v1::CheckAccessResponse& response) {
  ASSIGN_OR_RETURN(const Decision decision, Decide(call, request));
  response.set_allowed(decision.allowed);
  return absl::OkStatus();
}

absl::Status AccessApi::ExplainAccess(rpc::Call& call, const v1::ExplainAccessRequest& request,
                                      v1::ExplainAccessResponse& response) {
  ASSIGN_OR_RETURN(const Decision decision, Decide(call, request));
  const bool platform_only = catalogue().entries().find(request.permission())->second.platform_only;
  response.set_allowed(decision.allowed);
  response.set_text(platform_only && !decision.allowed ? std::string(kPlatformOnlyText) : decision.ToText());
  response.set_scope(decision.scope);
  response.mutable_role_path()->Assign(decision.role_path.begin(), decision.role_path.end());
  if (decision.rule) {
    response.mutable_rule()->set_section(decision.rule->section);
    response.mutable_rule()->mutable_values()->Assign(decision.rule->values.begin(), decision.rule->values.end());
    response.mutable_rule()->set_line(static_cast<int32_t>(decision.rule->line));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::Role>> AccessApi::AllRoles(rpc::Call& call, TenantId tenant) const {
  std::vector<v1::Role> roles;
  for (const std::string& name : parts_.authority.policy()->roles()) {
    v1::Role role;
    role.set_tenant_id(tenant.ToString());
    role.set_role(name);
    role.set_built_in(true);
    const rpc::Principal holder{.subject = "role", .tenant = tenant, .platform = false, .scopes = {}, .roles = {name}};
    for (const std::string& permission : catalogue().of_tenants()) {
      ASSIGN_OR_RETURN(const Decision decision, parts_.authority.Decide(holder, permission));
      if (decision.allowed) role.add_permissions(permission);
    }
    // One that gives a tenant's member nothing is not for tenants: platform_admin.
    if (!role.permissions().empty()) roles.push_back(std::move(role));
  }
  ASSIGN_OR_RETURN(const std::vector<CustomRole> custom, parts_.roles.List(call.tx(), tenant));
  for (const CustomRole& role : custom) ToProto(role, roles.emplace_back());
  return roles;
}

absl::Status AccessApi::ListRoles(rpc::Call& call, const v1::ListRolesRequest& request,
                                  v1::ListRolesResponse& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const int size, crypto::PageSize(request.page_size()));
  const crypto::PageContext context{kListRoles, request.tenant_id()};
  std::string after;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(after, tokens_.Open(context, request.page_token()));
  }
  RETURN_IF_ERROR(parts_.tenants.CheckVisible(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const std::vector<v1::Role> roles, AllRoles(call, tenant));
  const auto [first, last] = Slice(
      roles, [](const v1::Role& role) { return role.role(); }, size, after);
  for (size_t i = first; i < last; ++i) *response.add_roles() = roles[i];
  if (!after.empty()) response.set_next_page_token(tokens_.Make(context, after));
  return absl::OkStatus();
}

absl::Status AccessApi::ListPermissions(rpc::Call& call, const v1::ListPermissionsRequest& request,
                                        v1::ListPermissionsResponse& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const int size, crypto::PageSize(request.page_size()));
  const crypto::PageContext context{kListPermissions, request.tenant_id()};
  std::string after;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(after, tokens_.Open(context, request.page_token()));
  }
  RETURN_IF_ERROR(parts_.tenants.CheckVisible(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const std::vector<v1::Role> roles, AllRoles(call, tenant));
  std::vector<v1::Permission> permissions;
  for (const auto& [name, entry] : catalogue().entries()) {
    v1::Permission& permission = permissions.emplace_back();
    permission.set_permission(name);
    permission.set_platform_only(entry.platform_only);
    permission.mutable_methods()->Assign(entry.methods.begin(), entry.methods.end());
    if (entry.platform_only) continue;
    for (const v1::Role& role : roles) {
      if (rpc::Holds({role.permissions().begin(), role.permissions().end()}, name)) {
        permission.add_roles(role.role());
      }
    }
  }
  const auto [first, last] = Slice(
      permissions, [](const v1::Permission& each) { return each.permission(); }, size, after);
  for (size_t i = first; i < last; ++i) *response.add_permissions() = permissions[i];
  if (!after.empty()) response.set_next_page_token(tokens_.Make(context, after));
  return absl::OkStatus();
}

absl::Status AccessApi::CreateRole(rpc::Call& call, const v1::CreateRoleRequest& request, v1::Role& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  const NewRole draft{.tenant = tenant,
                      .name = request.role(),
                      .description = request.description(),
                      .permissions = {request.permissions().begin(), request.permissions().end()}};
  RETURN_IF_ERROR(parts_.tenants.HoldUnarchived(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const CustomRole role,
                   parts_.roles.Create(call.tx(), call.principal(), draft, catalogue().of_tenants()));
  ToProto(role, response);
  rpc::Call::Change change = ChangeOf(role);
  change.after = AuditState(role);
  call.RecordChange(std::move(change));
  return absl::OkStatus();
}

absl::Status AccessApi::UpdateRole(rpc::Call& call, const v1::UpdateRoleRequest& request, v1::Role& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const RoleChange wanted, ParseRoleChange(tenant, request));
  RETURN_IF_ERROR(parts_.tenants.CheckVisible(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const Roles::Changed changed,
                   parts_.roles.Update(call.tx(), call.principal(), wanted, catalogue().of_tenants()));
  ToProto(changed.after, response);
  rpc::Call::Change change = ChangeOf(changed.after);
  change.before = AuditState(changed.before);
  change.after = AuditState(changed.after);
  call.RecordChange(std::move(change));
  return absl::OkStatus();
}

absl::Status AccessApi::DeleteRole(rpc::Call& call, const v1::DeleteRoleRequest& request, v1::Role& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  RETURN_IF_ERROR(parts_.tenants.CheckVisible(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const CustomRole role, parts_.roles.Delete(call.tx(), tenant, request.role()));
  ToProto(role, response);
  rpc::Call::Change change = ChangeOf(role);
  change.before = AuditState(role);
  call.RecordChange(std::move(change));
  return absl::OkStatus();
}

absl::Status AccessApi::ReloadPolicy(rpc::Call& call, const v1::ReloadPolicyRequest&, v1::AccessPolicy& response) {
  const absl::StatusOr<std::shared_ptr<const Policy>> policy = parts_.authority.source().Read();
  if (!policy.ok()) return Error(Reason::kPolicyInvalid, text::ToStd(policy.status().message()));
  Store().NotifyPolicy(call.tx());
  ToProto(**policy, response);
  call.RecordChange({.resource = "accessPolicy",
                     .tenant = {},
                     .before = AuditState(*parts_.authority.policy()),
                     .after = AuditState(**policy)});
  return absl::OkStatus();
}

absl::Status AccessApi::ReplacePolicy(rpc::Call& call, const v1::ReplacePolicyRequest& request,
                                      v1::AccessPolicy& response) {
  if (request.csv().size() > kMaxPolicyBytes) return status::InvalidField("csv", "must have at most 1 MiB");
  const absl::StatusOr<std::shared_ptr<const Policy>> policy = parts_.authority.source().Replacement(request.csv());
  if (status::Reason(policy.status()) == Name(Reason::kPolicyNotInDatabase)) return policy.status();
  if (!policy.ok()) {
    const std::string problem = std::string(text::ToStd(policy.status().message()));
    return status::WithFields(Error(Reason::kPolicyInvalid, problem), {{"csv", problem}});
  }
  Store().ReplacePolicy(call.tx(), (*policy)->rules());
  Store().NotifyPolicy(call.tx());
  ToProto(**policy, response);
  call.RecordChange({.resource = "accessPolicy",
                     .tenant = {},
                     .before = AuditState(*parts_.authority.policy()),
                     .after = AuditState(**policy)});
  return absl::OkStatus();
}

}  // namespace smallbiznis::access
