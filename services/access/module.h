// Wiring of the access room.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::access {

// Provides the Authority (also as rpc::Authorizer) with the policy that ACCESS_CONTROL names, and hosts AccessService
// and AccessPolicyService. Needs access::Subjects and a tenant::Directory.
fx::Module Module();

}  // namespace smallbiznis::access
