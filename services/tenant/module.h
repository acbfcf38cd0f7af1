// Wiring of the tenant room.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::tenant {

// Provides Tenants (also as tenant::Directory), Onboarding and the rpc::TenantGate, and hosts TenantService. Needs the
// identity and domain rooms.
fx::Module Module();

}  // namespace smallbiznis::tenant
