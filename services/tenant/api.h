// TenantService: between messages and the domain.
#pragma once

#include "pkg/crypto/page_token.h"
#include "pkg/rpc/call.h"
#include "services/identity/member/client.h"
#include "services/tenant/onboarding.h"
#include "services/tenant/tenants.h"
#include "smallbiznis/tenant/v1/tenant.pb.h"

namespace smallbiznis::tenant {

// Thread-safe.
class TenantApi {
 public:
  // The arguments must outlive this.
  TenantApi(const Onboarding& onboarding, const Tenants& tenants, const identity::Memberships& memberships,
            const crypto::Keyring& keyring)
      : onboarding_(onboarding), tenants_(tenants), memberships_(memberships), tokens_(keyring) {}

  // What CreateTenant finds wrong with the fields of a request, before it looks at anything else.
  static absl::Status CheckCreateTenant(const v1::CreateTenantRequest& request);
  absl::Status CreateTenant(rpc::Call& call, const v1::CreateTenantRequest& request,
                            v1::CreateTenantResponse& response);
  absl::Status GetTenant(rpc::Call& call, const v1::GetTenantRequest& request, v1::Tenant& response);
  absl::Status ListTenants(rpc::Call& call, const v1::ListTenantsRequest& request, v1::ListTenantsResponse& response);
  absl::Status ListMyTenants(rpc::Call& call, const v1::ListMyTenantsRequest& request,
                             v1::ListMyTenantsResponse& response);
  absl::Status UpdateTenant(rpc::Call& call, const v1::UpdateTenantRequest& request, v1::Tenant& response);
  absl::Status SuspendTenant(rpc::Call& call, const v1::SuspendTenantRequest& request, v1::Tenant& response);
  absl::Status ResumeTenant(rpc::Call& call, const v1::ResumeTenantRequest& request, v1::Tenant& response);
  absl::Status ArchiveTenant(rpc::Call& call, const v1::ArchiveTenantRequest& request, v1::Tenant& response);
  absl::Status RetryProvisioning(rpc::Call& call, const v1::RetryProvisioningRequest& request, v1::Tenant& response);
  absl::Status ListProvisioningSteps(rpc::Call& call, const v1::ListProvisioningStepsRequest& request,
                                     v1::ListProvisioningStepsResponse& response);

 private:
  const Onboarding& onboarding_;
  const Tenants& tenants_;
  const identity::Memberships& memberships_;
  const crypto::PageTokens tokens_;
};

}  // namespace smallbiznis::tenant
