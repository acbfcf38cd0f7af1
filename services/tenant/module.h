// Wiring of the tenant room.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::tenant {

// What every program needs: provides Tenants (also as tenant::Directory) and the rpc::TenantGate. Needs API keys and a
// ledger::Client.
fx::Module DirectoryModule();

// Provides Onboarding, hosts TenantService and works on provisioning. Needs DirectoryModule and the identity, domain
// and ledger rooms.
fx::Module Module();

}  // namespace smallbiznis::tenant
