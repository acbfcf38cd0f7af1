// Stops the mutations of a tenant's own principals while the tenant is suspended, and for good when it is archived.
#pragma once

#include "absl/status/status.h"
#include "pkg/db/tx.h"
#include "pkg/rpc/principal.h"
#include "services/tenant/store.h"

namespace smallbiznis::tenant {

// Thread-safe. A mutation that was let through while the tenant is being suspended may still commit: it came first.
class Gate final : public rpc::TenantGate {
 public:
  absl::Status CheckMayMutate(db::Tx& tx, TenantId tenant) override;

 private:
  Store store_;
};

}  // namespace smallbiznis::tenant
