// Wiring of API keys.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::identity {

// What every program needs: provides ApiKeys (also as identity::Client) and the KeyAuthenticator, which listens for
// revocations from the program's start to its stop.
fx::Module KeysModule();

// Provides access::Subjects and hosts ApiKeyService. Needs KeysModule and a tenant::Directory.
fx::Module ApiKeyModule();

}  // namespace smallbiznis::identity
