// AuditService: between messages and the trails of pkg/audit.
#pragma once

#include "pkg/crypto/page_token.h"
#include "pkg/rpc/call.h"
#include "services/tenant/client.h"
#include "smallbiznis/audit/v1/audit.pb.h"

namespace smallbiznis::audit {

// Thread-safe.
class AuditApi {
 public:
  // The arguments must outlive this.
  AuditApi(const tenant::Directory& tenants, const crypto::Keyring& keyring) : tenants_(tenants), tokens_(keyring) {}

  absl::Status ListAuditEvents(rpc::Call& call, const v1::ListAuditEventsRequest& request,
                               v1::ListAuditEventsResponse& response);
  absl::Status ExportAuditEvents(rpc::Call& call, const v1::ExportAuditEventsRequest& request,
                                 v1::ExportAuditEventsResponse& response);
  absl::Status VerifyAuditTrail(rpc::Call& call, const v1::VerifyAuditTrailRequest& request,
                                v1::VerifyAuditTrailResponse& response);

 private:
  // NOT_FOUND, reason TENANT_NOT_FOUND, for a trail that is not there or not the caller's to see.
  absl::Status CheckVisible(rpc::Call& call, TenantId tenant) const;

  const tenant::Directory& tenants_;
  const crypto::PageTokens tokens_;
};

}  // namespace smallbiznis::audit
