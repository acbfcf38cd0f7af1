// Wiring of the sessions.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::identity {

// Provides Sessions, Guard and the rpc::Authenticator, by the settings SESSION; listens for ended sessions from the
// program's start to its stop. Needs a KeyAuthenticator.
fx::Module SessionModule();

}  // namespace smallbiznis::identity
