// Why a sign-in with a provider failed, for programs. The names go over the wire: never change one.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace smallbiznis::identity {

enum class ExternalReason {
  kProviderNotConfigured,  // FAILED_PRECONDITION: there is no provider to sign in with
  kProviderUnavailable,    // UNAVAILABLE: it does not answer, or not what it should
  kFlowInvalid,            // INVALID_ARGUMENT: another browser's, another step's, expired or ended
  kCodeRefused,            // UNAUTHENTICATED: the provider does not take the code: it is wrong, used or expired
  kEmailUnverified,        // FAILED_PRECONDITION: the provider vouches for no e-mail address
  kAccountExists,          // FAILED_PRECONDITION: the address has an account; its owner has to link the identity
  kIdentityTaken,          // ALREADY_EXISTS: the identity is linked, to whichever account
  kIdentityNotFound,       // NOT_FOUND
};

absl::Status Error(ExternalReason reason);

}  // namespace smallbiznis::identity
