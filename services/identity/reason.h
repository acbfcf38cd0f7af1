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
  kApiKeyRotated,         // UNAUTHENTICATED: the secret was right until its grace ended
  kApiKeyMakesNoCalls,    // PERMISSION_DENIED: it is there to sign
  kApiKeyOriginRefused,   // PERMISSION_DENIED: not from a page that the key is for
  kApiKeyEnded,           // FAILED_PRECONDITION: revoked or expired
  kApiKeyNotFound,        // NOT_FOUND
  kScopeNotHeld,          // PERMISSION_DENIED: nobody gives more than they have

  kCredentialsMissing,  // UNAUTHENTICATED: no header, and no cookie of ours
  kSessionInvalid,      // UNAUTHENTICATED: a cookie that we did not make, or do not know any more
  kSessionExpired,      // UNAUTHENTICATED
  kSessionRevoked,      // UNAUTHENTICATED
  kSessionNotFound,     // NOT_FOUND
  kOriginRefused,       // PERMISSION_DENIED: the page that calls is of another site
  kCsrfTokenInvalid,    // PERMISSION_DENIED: missing, or of another session

  kLoginFailed,           // UNAUTHENTICATED: no such account, or not its password: which of them is not said
  kSecondFactorRequired,  // UNAUTHENTICATED: the password was right
  kSecondFactorInvalid,   // UNAUTHENTICATED: wrong, used before, or not any more
  kPasswordWrong,         // PERMISSION_DENIED: the password that a user types again
  kTooManyAttempts,       // RESOURCE_EXHAUSTED: whether there is such an account plays no part in it
  kMailedTokenInvalid,    // INVALID_ARGUMENT: not ours, used or expired: which of them is not said
  kTotpAlreadyEnabled,    // FAILED_PRECONDITION
  kTotpNotEnrolled,       // FAILED_PRECONDITION
  kTotpNotEnabled,        // FAILED_PRECONDITION
};

// Of members and invitations.
enum class MemberReason {
  kNotAMember,            // PERMISSION_DENIED: also where there is no such tenant
  kMemberNotFound,        // NOT_FOUND
  kMemberExists,          // ALREADY_EXISTS
  kLastOwner,             // FAILED_PRECONDITION
  kInvitationNotFound,    // NOT_FOUND
  kInvitationInvalid,     // INVALID_ARGUMENT: not ours
  kInvitationForAnother,  // PERMISSION_DENIED
  kInvitationUsed,        // FAILED_PRECONDITION
  kInvitationRevoked,     // FAILED_PRECONDITION
  kInvitationExpired,     // FAILED_PRECONDITION
  kTooManyInvitations,    // RESOURCE_EXHAUSTED
};

std::string_view Name(Reason reason);  // "API_KEY_INVALID"
absl::Status Error(Reason reason);
absl::Status Error(MemberReason reason);

}  // namespace smallbiznis::identity
