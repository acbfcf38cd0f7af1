// Wiring of the domain room.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::domain {

// Provides Domains (also as domain::Client) and hosts DomainService. Needs a tenant::Directory and the key ROOT_DOMAIN.
fx::Module Module();

}  // namespace smallbiznis::domain
