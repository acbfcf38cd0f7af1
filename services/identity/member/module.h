// Wiring of the members.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::identity {

// What every program needs: provides Memberships.
fx::Module MembershipsModule();

// Hosts MemberService and works on its mail. Needs MembershipsModule and UserModule.
fx::Module MemberModule();

}  // namespace smallbiznis::identity
