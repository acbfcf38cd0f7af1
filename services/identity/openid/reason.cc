#include "services/identity/openid/reason.h"

#include <cstdlib>

#include "pkg/status/status.h"

namespace smallbiznis::identity {

absl::Status Error(ExternalReason reason) {
  switch (reason) {
    case ExternalReason::kProviderNotConfigured:
      return status::Error(absl::StatusCode::kFailedPrecondition, "PROVIDER_NOT_CONFIGURED",
                           "there is no provider to sign in with");
    case ExternalReason::kProviderUnavailable:
      return status::Error(absl::StatusCode::kUnavailable, "PROVIDER_UNAVAILABLE",
                           "the provider cannot be used now: try again later");
    case ExternalReason::kFlowInvalid:
      return status::Error(absl::StatusCode::kInvalidArgument, "FLOW_INVALID",
                           "state: this browser has no such sign-in under way: begin again");
    case ExternalReason::kCodeRefused:
      return status::Error(absl::StatusCode::kUnauthenticated, "CODE_REFUSED",
                           "code: the provider does not take it: begin again");
    case ExternalReason::kEmailUnverified:
      return status::Error(absl::StatusCode::kFailedPrecondition, "EXTERNAL_EMAIL_UNVERIFIED",
                           "the provider names no e-mail address that it has verified");
    case ExternalReason::kAccountExists:
      return status::Error(absl::StatusCode::kFailedPrecondition, "EXTERNAL_ACCOUNT_EXISTS",
                           "the e-mail address has an account: sign in to it by password, then link the provider");
    case ExternalReason::kIdentityTaken:
      return status::Error(absl::StatusCode::kAlreadyExists, "EXTERNAL_IDENTITY_TAKEN",
                           "this identity is linked to an account already");
    case ExternalReason::kIdentityNotFound:
      return status::Error(absl::StatusCode::kNotFound, "EXTERNAL_IDENTITY_NOT_FOUND",
                           "there is no such external identity");
  }
  std::abort();
}

}  // namespace smallbiznis::identity
