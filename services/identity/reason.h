// Why a call to this room failed, for programs. The names go over the wire: never change one.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace smallbiznis::identity {

enum class Reason {
  kCredentialsMalformed,  // UNAUTHENTICATED: not `Bearer sbsk_live_...` at all
  kApiKeyInvalid,         // UNAUTHENTICATED: no such key, or not its secret: which of them is not said
  kApiKeyRevoked,         // UNAUTHENTICATED: the secret was right
  kApiKeyExpired,         // UNAUTHENTICATED: the secret was right
  kApiKeyNotFound,        // NOT_FOUND
  kScopeNotHeld,          // PERMISSION_DENIED: nobody gives more than they have

  kCredentialsMissing,  // UNAUTHENTICATED: no header, and no cookie of ours
  kSessionInvalid,      // UNAUTHENTICATED: a cookie that we did not make, or do not know any more
  kSessionExpired,      // UNAUTHENTICATED
  kSessionRevoked,      // UNAUTHENTICATED
  kSessionNotFound,     // NOT_FOUND
  kOriginRefused,       // PERMISSION_DENIED: the page that calls is of another site
  kCsrfTokenInvalid,    // PERMISSION_DENIED: missing, or of another session
};

std::string_view Name(Reason reason);  // "API_KEY_INVALID"
absl::Status Error(Reason reason);

}  // namespace smallbiznis::identity
