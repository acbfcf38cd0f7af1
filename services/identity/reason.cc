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
    case Reason::kApiKeyRotated:
      return {"API_KEY_ROTATED", StatusCode::kUnauthenticated,
              "the API key was given a new secret, and the grace of this one has ended"};
    case Reason::kApiKeyMakesNoCalls:
      return {"API_KEY_MAKES_NO_CALLS", StatusCode::kPermissionDenied,
              "a WEBHOOK key verifies what is sent to you; calls are made with a SERVER or PUBLISHABLE key"};
    case Reason::kApiKeyOriginRefused:
      return {"API_KEY_ORIGIN_REFUSED", StatusCode::kPermissionDenied,
              "this key is for pages of its allowed origins only"};
    case Reason::kApiKeyEnded:
      return {"API_KEY_ENDED", StatusCode::kFailedPrecondition, "the API key was revoked or has expired"};
    case Reason::kApiKeyNotFound:
      return {"API_KEY_NOT_FOUND", StatusCode::kNotFound, "there is no such API key"};
    case Reason::kScopeNotHeld:
      return {"SCOPE_NOT_HELD", StatusCode::kPermissionDenied,
              "scopes: a key cannot be given a scope that its issuer does not hold"};
    case Reason::kCredentialsMissing:
      return {"CREDENTIALS_MISSING", StatusCode::kUnauthenticated,
              "this call needs an Authorization header or the cookie of a session"};
    case Reason::kSessionInvalid:
      return {"SESSION_INVALID", StatusCode::kUnauthenticated, "the session is not valid: sign in again"};
    case Reason::kSessionExpired:
      return {"SESSION_EXPIRED", StatusCode::kUnauthenticated, "the session has expired: sign in again"};
    case Reason::kSessionRevoked:
      return {"SESSION_REVOKED", StatusCode::kUnauthenticated, "the session was ended: sign in again"};
    case Reason::kSessionNotFound:
      return {"SESSION_NOT_FOUND", StatusCode::kNotFound, "there is no such session"};
    case Reason::kOriginRefused:
      return {"ORIGIN_REFUSED", StatusCode::kPermissionDenied,
              "pages of this origin may not call by a session's cookie"};
    case Reason::kCsrfTokenInvalid:
      return {"CSRF_TOKEN_INVALID", StatusCode::kPermissionDenied,
              "a call by cookie that may change something needs the session's token in X-CSRF-Token"};
    case Reason::kLoginFailed:
      return {"LOGIN_FAILED", StatusCode::kUnauthenticated, "the e-mail address or the password is wrong"};
    case Reason::kSecondFactorRequired:
      return {"SECOND_FACTOR_REQUIRED", StatusCode::kUnauthenticated,
              "second_factor: needs a code of the authenticator app, or a recovery code"};
    case Reason::kSecondFactorInvalid:
      return {"SECOND_FACTOR_INVALID", StatusCode::kUnauthenticated, "the code is wrong, or was used before"};
    case Reason::kPasswordWrong:
      return {"PASSWORD_WRONG", StatusCode::kPermissionDenied, "the current password is wrong"};
    case Reason::kTooManyAttempts:
      return {"TOO_MANY_ATTEMPTS", StatusCode::kResourceExhausted, "too many attempts: wait before the next one"};
    case Reason::kMailedTokenInvalid:
      return {"MAILED_TOKEN_INVALID", StatusCode::kInvalidArgument, "the link is not valid, or not any more"};
    case Reason::kTotpAlreadyEnabled:
      return {"TOTP_ALREADY_ENABLED", StatusCode::kFailedPrecondition, "an authenticator app is set up already"};
    case Reason::kTotpNotEnrolled:
      return {"TOTP_NOT_ENROLLED", StatusCode::kFailedPrecondition, "no authenticator app is being set up"};
    case Reason::kTotpNotEnabled:
      return {"TOTP_NOT_ENABLED", StatusCode::kFailedPrecondition, "no authenticator app is set up"};
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
