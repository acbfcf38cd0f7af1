#include "services/identity/reason.h"

#include "pkg/status/status.h"

namespace smallbiznis::identity {
namespace {

status::Meaning MeaningOf(Reason reason) {
  using enum absl::StatusCode;
  switch (reason) {
    case Reason::kCredentialsMalformed:
      return {"CREDENTIALS_MALFORMED", kUnauthenticated, "the authorization header must be: Bearer <API key>"};
    case Reason::kApiKeyInvalid:
      return {"API_KEY_INVALID", kUnauthenticated, "the API key is not valid"};
    case Reason::kApiKeyRevoked:
      return {"API_KEY_REVOKED", kUnauthenticated, "the API key was revoked"};
    case Reason::kApiKeyExpired:
      return {"API_KEY_EXPIRED", kUnauthenticated, "the API key has expired"};
    case Reason::kApiKeyRotated:
      return {"API_KEY_ROTATED", kUnauthenticated, "the API key was rotated, and the grace of this secret has ended"};
    case Reason::kApiKeyMakesNoCalls:
      return {"API_KEY_MAKES_NO_CALLS", kPermissionDenied, "a WEBHOOK key makes no calls: use one of another kind"};
    case Reason::kApiKeyOriginRefused:
      return {"API_KEY_ORIGIN_REFUSED", kPermissionDenied, "this key is for pages of its allowed origins only"};
    case Reason::kApiKeyEnded:
      return {"API_KEY_ENDED", kFailedPrecondition, "the API key was revoked or has expired"};
    case Reason::kApiKeyNotFound:
      return {"API_KEY_NOT_FOUND", kNotFound, "there is no such API key"};
    case Reason::kScopeNotHeld:
      return {"SCOPE_NOT_HELD", kPermissionDenied, "scopes: a key cannot have a scope that its issuer does not hold"};
    case Reason::kCredentialsMissing:
      return {"CREDENTIALS_MISSING", kUnauthenticated, "this call needs an Authorization header or a session's cookie"};
    case Reason::kSessionInvalid:
      return {"SESSION_INVALID", kUnauthenticated, "the session is not valid: sign in again"};
    case Reason::kSessionExpired:
      return {"SESSION_EXPIRED", kUnauthenticated, "the session has expired: sign in again"};
    case Reason::kSessionRevoked:
      return {"SESSION_REVOKED", kUnauthenticated, "the session was ended: sign in again"};
    case Reason::kSessionNotFound:
      return {"SESSION_NOT_FOUND", kNotFound, "there is no such session"};
    case Reason::kOriginRefused:
      return {"ORIGIN_REFUSED", kPermissionDenied, "pages of this origin may not call by a session's cookie"};
    case Reason::kCsrfTokenInvalid:
      return {"CSRF_TOKEN_INVALID", kPermissionDenied,
              "a call by cookie that may change something needs the session's token in X-CSRF-Token"};
    case Reason::kLoginFailed:
      return {"LOGIN_FAILED", kUnauthenticated, "the e-mail address or the password is wrong"};
    case Reason::kSecondFactorRequired:
      return {"SECOND_FACTOR_REQUIRED", kUnauthenticated,
              "second_factor: needs a code of the authenticator app, or a recovery code"};
    case Reason::kSecondFactorInvalid:
      return {"SECOND_FACTOR_INVALID", kUnauthenticated, "the code is wrong, or was used before"};
    case Reason::kPasswordWrong:
      return {"PASSWORD_WRONG", kPermissionDenied, "the current password is wrong"};
    case Reason::kTooManyAttempts:
      return {"TOO_MANY_ATTEMPTS", kResourceExhausted, "too many attempts: wait before the next one"};
    case Reason::kMailedTokenInvalid:
      return {"MAILED_TOKEN_INVALID", kInvalidArgument, "the link is not valid, or not any more"};
    case Reason::kTotpAlreadyEnabled:
      return {"TOTP_ALREADY_ENABLED", kFailedPrecondition, "an authenticator app is set up already"};
    case Reason::kTotpNotEnrolled:
      return {"TOTP_NOT_ENROLLED", kFailedPrecondition, "no authenticator app is being set up"};
    case Reason::kTotpNotEnabled:
      return {"TOTP_NOT_ENABLED", kFailedPrecondition, "no authenticator app is set up"};
  }
  std::abort();
}

status::Meaning MeaningOf(MemberReason reason) {
  using absl::StatusCode;
  switch (reason) {
    case MemberReason::kNotAMember:
      return {"NOT_A_MEMBER", StatusCode::kPermissionDenied, "you are not, or not any more, a member of this tenant"};
    case MemberReason::kMemberNotFound:
      return {"MEMBER_NOT_FOUND", StatusCode::kNotFound, "the tenant has no such member"};
    case MemberReason::kMemberExists:
      return {"MEMBER_EXISTS", StatusCode::kAlreadyExists, "is a member of this tenant already"};
    case MemberReason::kLastOwner:
      return {"LAST_OWNER", StatusCode::kFailedPrecondition,
              "the tenant would have no owner left: make somebody else one first"};
    case MemberReason::kInvitationNotFound:
      return {"INVITATION_NOT_FOUND", StatusCode::kNotFound, "the tenant has no such invitation"};
    case MemberReason::kInvitationInvalid:
      return {"INVITATION_INVALID", StatusCode::kInvalidArgument, "the link of the invitation is not valid"};
    case MemberReason::kInvitationForAnother:
      return {"INVITATION_FOR_ANOTHER", StatusCode::kPermissionDenied,
              "the invitation is for another address: sign in with the one that it was sent to"};
    case MemberReason::kInvitationUsed:
      return {"INVITATION_USED", StatusCode::kFailedPrecondition, "the invitation was accepted already"};
    case MemberReason::kInvitationRevoked:
      return {"INVITATION_REVOKED", StatusCode::kFailedPrecondition, "the invitation was taken back"};
    case MemberReason::kInvitationExpired:
      return {"INVITATION_EXPIRED", StatusCode::kFailedPrecondition, "the invitation has expired"};
    case MemberReason::kTooManyInvitations:
      return {"TOO_MANY_INVITATIONS", StatusCode::kResourceExhausted,
              "too many invitations in a day, of this tenant or for this address"};
  }
  std::abort();
}

}  // namespace

std::string_view Name(Reason reason) {
  return MeaningOf(reason).reason;
}

absl::Status Error(Reason reason) {
  return status::Error(MeaningOf(reason));
}

absl::Status Error(MemberReason reason) {
  return status::Error(MeaningOf(reason));
}

}  // namespace smallbiznis::identity
