// Wiring of the audit service.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::audit {

// Hosts AuditService. Needs a tenant::Directory and the keyring.
fx::Module Module();

}  // namespace smallbiznis::audit
