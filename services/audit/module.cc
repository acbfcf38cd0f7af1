#include "services/audit/module.h"

#include "pkg/crypto/crypto.h"
#include "pkg/rpc/router.h"
#include "services/audit/api.h"

namespace smallbiznis::audit {
namespace {

void Register(rpc::Router& router, AuditApi& api) {
  router.Add("smallbiznis.audit.v1.AuditService.ListAuditEvents", &api, &AuditApi::ListAuditEvents);
  router.Add("smallbiznis.audit.v1.AuditService.ExportAuditEvents", &api, &AuditApi::ExportAuditEvents);
  router.Add("smallbiznis.audit.v1.AuditService.VerifyAuditTrail", &api, &AuditApi::VerifyAuditTrail);
}

}  // namespace

fx::Module Module() {
  return {"audit service",
          {
              fx::Provide([](const tenant::Directory& tenants, const crypto::Keyring& keyring) {
                return std::make_unique<AuditApi>(tenants, keyring);
              }),
              fx::Invoke(Register),
          }};
}

}  // namespace smallbiznis::audit
