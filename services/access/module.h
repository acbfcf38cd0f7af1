// Wiring of the access room.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::access {

// What every program needs: provides the Authority (also as rpc::Authorizer) with the policy that ACCESS_CONTROL names.
fx::Module AuthorityModule();

// Hosts AccessService and AccessPolicyService. Needs AuthorityModule, access::Subjects and a tenant::Directory.
fx::Module Module();

}  // namespace smallbiznis::access
