// Wiring of the rules.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::rule {

// Hosts RuleService, provides rule::Client. Needs the tenant room.
fx::Module Module();

}  // namespace smallbiznis::rule
