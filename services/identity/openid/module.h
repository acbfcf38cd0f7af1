// Wiring of the sign-in with a provider.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::identity {

// Hosts ExternalSignInService, by the settings OPENID. Needs SessionModule and UserModule.
fx::Module ExternalSignInModule();

}  // namespace smallbiznis::identity
