#include "services/identity/reason.h"

#include "pkg/status/status.h"

namespace smallbiznis::identity {
namespace {

struct Meaning {
  std::string_view name;
  absl::StatusCode code;
  std::string_view message;
};

Meaning MeaningOf(Reason reason) {
  using absl::StatusCode;
  switch (reason) {
    case Reason::kCredentialsMalformed:
      return {"CREDENTIALS_MALFORMED", StatusCode::kUnauthenticated,
              "the authorization header must be: Bearer <API key>"};
    case Reason::kApiKeyInvalid:
      return {"API_KEY_INVALID", StatusCode::kUnauthenticated, "the API key is not valid"};
    case Reason::kApiKeyRevoked:
      return {"API_KEY_REVOKED", StatusCode::kUnauthenticated, "the API key was revoked"};
    case Reason::kApiKeyExpired:
      return {"API_KEY_EXPIRED", StatusCode::kUnauthenticated, "the API key has expired"};
    case Reason::kApiKeyNotFound:
      return {"API_KEY_NOT_FOUND", StatusCode::kNotFound, "there is no such API key"};
    case Reason::kScopeNotHeld:
      return {"SCOPE_NOT_HELD", StatusCode::kPermissionDenied,
              "scopes: a key cannot be given a scope that its issuer does not hold"};
  }
  std::abort();
}

}  // namespace

std::string_view Name(Reason reason) {
  return MeaningOf(reason).name;
}

absl::Status Error(Reason reason) {
  const Meaning meaning = MeaningOf(reason);
  return status::Error(meaning.code, meaning.name, meaning.message);
}

}  // namespace smallbiznis::identity
