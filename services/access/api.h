// AccessService and AccessPolicyService: between messages and the domain.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pkg/crypto/page_token.h"
#include "pkg/rpc/call.h"
#include "pkg/rpc/router.h"
#include "services/access/api_catalogue.h"
#include "services/access/client.h"
#include "services/access/roles.h"
#include "services/tenant/client.h"
#include "smallbiznis/access/v1/access.pb.h"

namespace smallbiznis::access {

// Thread-safe.
class AccessApi {
 public:
  struct Parts {
    Authority& authority;
    const Roles& roles;
    const Subjects& subjects;
    const tenant::Directory& tenants;
    const crypto::Keyring& keyring;
    const rpc::Router& router;  // whose methods there are; sealed before the first call
  };
  // What `parts` refer to must outlive this.
  explicit AccessApi(const Parts& parts) : parts_(parts), tokens_(parts.keyring) {}

  absl::Status CheckAccess(rpc::Call& call, const v1::CheckAccessRequest& request, v1::CheckAccessResponse& response);
  absl::Status ExplainAccess(rpc::Call& call, const v1::ExplainAccessRequest& request,
                             v1::ExplainAccessResponse& response);
  absl::Status ListPermissions(rpc::Call& call, const v1::ListPermissionsRequest& request,
                               v1::ListPermissionsResponse& response);
  absl::Status ListRoles(rpc::Call& call, const v1::ListRolesRequest& request, v1::ListRolesResponse& response);
  absl::Status CreateRole(rpc::Call& call, const v1::CreateRoleRequest& request, v1::Role& response);
  absl::Status UpdateRole(rpc::Call& call, const v1::UpdateRoleRequest& request, v1::Role& response);
  absl::Status DeleteRole(rpc::Call& call, const v1::DeleteRoleRequest& request, v1::Role& response);
  absl::Status ReloadPolicy(rpc::Call& call, const v1::ReloadPolicyRequest& request, v1::AccessPolicy& response);
  absl::Status ReplacePolicy(rpc::Call& call, const v1::ReplacePolicyRequest& request, v1::AccessPolicy& response);

 private:
  // Who is asked about, and the answer. `Request` is one of the two that ask.
  template <class Request>
  absl::StatusOr<Decision> Decide(rpc::Call& call, const Request& request) const;
  // The roles of the policy that a tenant's member can have, then the tenant's own.
  absl::StatusOr<std::vector<v1::Role>> AllRoles(rpc::Call& call, TenantId tenant) const;
  const Catalogue& catalogue() const;

  const Parts parts_;
  const crypto::PageTokens tokens_;
  mutable std::once_flag catalogue_made_;
  mutable std::unique_ptr<const Catalogue> catalogue_;
};

}  // namespace smallbiznis::access
