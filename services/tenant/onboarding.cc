#include "services/tenant/onboarding.h"

#include "pkg/status/status.h"
#include "services/tenant/provisioning.h"
#include "services/tenant/reason.h"

namespace smallbiznis::tenant {

absl::StatusOr<Onboarded> Onboarding::Create(db::Tx& tx, const NewTenant& draft, std::string_view traceparent) const {
  if (draft.owner && draft.type == Type::kPlatform) {
    return status::InvalidField("type", "only the platform's operators make a tenant of the type PLATFORM");
  }
  if (draft.owner) RETURN_IF_ERROR(CheckMayOwnMore(tx, draft.owner));
  ASSIGN_OR_RETURN(Tenant tenant, parts_.tenants.Insert(tx, draft));
  domain::Domain domain = parts_.domains.CreateDefault(tx, tenant.id, tenant.slug);
  // Whoever may make tenants gives the first key to the tenant, not to itself: it need not hold these scopes.
  ASSIGN_OR_RETURN(identity::IssuedKey key,
                   parts_.keys.Issue(tx, {.tenant = tenant.id, .display_name = "First key", .scopes = {"*"}}));
  if (draft.owner) parts_.memberships.AddOwner(tx, {.tenant = tenant.id, .user = draft.owner, .at = tenant.created_at});
  parts_.outbox.Add(tx, ProvisioningTasks(tenant.id, kProvisionedServices, traceparent));
  return Onboarded{std::move(tenant), std::move(domain), std::move(key)};
}

absl::StatusOr<Changed> Onboarding::RetryProvisioning(db::Tx& tx, TenantId tenant, std::string_view traceparent) const {
  ASSIGN_OR_RETURN(Tenants::Reopened reopened, parts_.tenants.ReopenFailedSteps(tx, tenant));
  const std::vector<std::string_view> services(reopened.services.begin(), reopened.services.end());
  parts_.outbox.Add(tx, ProvisioningTasks(tenant, services, traceparent));
  return std::move(reopened.tenant);
}

absl::Status Onboarding::CheckMayOwnMore(db::Tx& tx, rpc::UserId user) const {
  ASSIGN_OR_RETURN(const int64_t owned, parts_.memberships.CountOwned(tx, user));
  return owned < options_.max_owned ? absl::OkStatus() : Error(Reason::kTooManyTenants);
}

}  // namespace smallbiznis::tenant
