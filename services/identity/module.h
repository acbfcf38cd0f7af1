// Wiring of the identity room.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::identity {

// Provides ApiKeys (also as identity::Client) and the KeyAuthenticator, hosts ApiKeyService, and listens for
// revocations from the program's start to its stop. Needs a tenant::Directory.
fx::Module Module();

}  // namespace smallbiznis::identity
