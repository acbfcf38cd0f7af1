// Wiring of the users.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::identity {

// Hosts UserService and works on its mail, by the settings PASSWORD, MAIL and SMTP. Needs SessionModule.
fx::Module UserModule();

}  // namespace smallbiznis::identity
