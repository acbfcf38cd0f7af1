// MemberService: between messages and the domain.
#pragma once

#include "pkg/crypto/page_token.h"
#include "pkg/rpc/call.h"
#include "services/identity/member/members.h"
#include "services/tenant/client.h"
#include "smallbiznis/identity/v1/member.pb.h"

namespace smallbiznis::identity {

// Thread-safe.
class MemberApi {
 public:
  // The arguments must outlive this.
  MemberApi(const Members& members, const tenant::Directory& tenants, const crypto::Keyring& keyring)
      : members_(members), tenants_(tenants), tokens_(keyring) {}

  absl::Status ListTenantUsers(rpc::Call& call, const v1::ListTenantUsersRequest& request,
                               v1::ListTenantUsersResponse& response);
  absl::Status InviteTenantUser(rpc::Call& call, const v1::InviteTenantUserRequest& request, v1::Invitation& response);
  absl::Status ListInvitations(rpc::Call& call, const v1::ListInvitationsRequest& request,
                               v1::ListInvitationsResponse& response);
  absl::Status RevokeInvitation(rpc::Call& call, const v1::RevokeInvitationRequest& request, v1::Invitation& response);
  absl::Status AcceptInvitation(rpc::Call& call, const v1::AcceptInvitationRequest& request, v1::TenantUser& response);
  absl::Status UpdateTenantUserRole(rpc::Call& call, const v1::UpdateTenantUserRoleRequest& request,
                                    v1::TenantUser& response);
  absl::Status RemoveTenantUser(rpc::Call& call, const v1::RemoveTenantUserRequest& request, v1::TenantUser& response);
  absl::Status LeaveTenant(rpc::Call& call, const v1::LeaveTenantRequest& request, v1::TenantUser& response);

 private:
  const Members& members_;
  const tenant::Directory& tenants_;
  const crypto::PageTokens tokens_;
};

}  // namespace smallbiznis::identity
