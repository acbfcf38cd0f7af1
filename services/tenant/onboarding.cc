#include "services/tenant/onboarding.h"

#include "pkg/status/status.h"
#include "services/tenant/provisioning.h"

namespace smallbiznis::tenant {

absl::StatusOr<Onboarded> Onboarding::Create(db::Tx& tx, const NewTenant& draft, std::string_view traceparent) const {
  if (draft.owner && draft.type == Type::kPlatform) {
    return status::InvalidField("type", "only the platform's operators make a tenant of the type PLATFORM");
  }
  ASSIGN_OR_RETURN(Tenant tenant, tenants_.Insert(tx, draft));
  domain::Domain domain = domains_.CreateDefault(tx, tenant.id, tenant.slug);
  // Whoever may make tenants gives the first key to the tenant, not to itself: it need not hold these scopes.
  ASSIGN_OR_RETURN(identity::IssuedKey key,
                   keys_.Issue(tx, {.tenant = tenant.id, .display_name = "First key", .scopes = {"*"}}));
  if (draft.owner) memberships_.AddOwner(tx, {.tenant = tenant.id, .user = draft.owner, .at = tenant.created_at});
  outbox_.Add(tx, ProvisioningTasks(tenant.id, kProvisionedServices, traceparent));
  return Onboarded{std::move(tenant), std::move(domain), std::move(key)};
}

absl::StatusOr<Changed> Onboarding::RetryProvisioning(db::Tx& tx, TenantId tenant, std::string_view traceparent) const {
  ASSIGN_OR_RETURN(Tenants::Reopened reopened, tenants_.ReopenFailedSteps(tx, tenant));
  const std::vector<std::string_view> services(reopened.services.begin(), reopened.services.end());
  outbox_.Add(tx, ProvisioningTasks(tenant, services, traceparent));
  return std::move(reopened.tenant);
}

}  // namespace smallbiznis::tenant
