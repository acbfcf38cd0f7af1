// Wiring of the identity room.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::identity {

// What every program needs: provides ApiKeys (also as identity::Client) and the KeyAuthenticator, which listens for
// revocations from the program's start to its stop.
fx::Module KeysModule();

// Provides access::Subjects and hosts ApiKeyService. Needs KeysModule and a tenant::Directory.
fx::Module Module();

}  // namespace smallbiznis::identity
