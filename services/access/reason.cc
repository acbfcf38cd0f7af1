#include "services/access/reason.h"

#include "pkg/status/status.h"

namespace smallbiznis::access {
namespace {

status::Meaning MeaningOf(Reason reason) {
  using absl::StatusCode;
  switch (reason) {
    case Reason::kRoleNotFound:
      return {"ROLE_NOT_FOUND", StatusCode::kNotFound, "the tenant has made no such role"};
    case Reason::kRoleExists:
      return {"ROLE_EXISTS", StatusCode::kAlreadyExists, "the tenant has a role of this name"};
    case Reason::kRoleReserved:
      return {"ROLE_RESERVED", StatusCode::kInvalidArgument, "role: is a role of the platform's policy"};
    case Reason::kTooManyRoles:
      return {"TOO_MANY_ROLES", StatusCode::kResourceExhausted, "a tenant makes at most 50 roles"};
    case Reason::kPermissionNotHeld:
      return {"PERMISSION_NOT_HELD", StatusCode::kPermissionDenied,
              "permissions: a role cannot be given a permission that its maker does not hold"};
    case Reason::kSubjectNotFound:
      return {"SUBJECT_NOT_FOUND", StatusCode::kNotFound, "the tenant has no such subject"};
    case Reason::kPolicyInvalid:
      return {"POLICY_INVALID", StatusCode::kInvalidArgument, "the policy cannot be read"};
    case Reason::kPolicyNotInDatabase:
      return {"POLICY_NOT_IN_DATABASE", StatusCode::kFailedPrecondition,
              "the policy is a file (ACCESS_CONTROL.ADAPTER): change that, and reload it"};
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

absl::Status Error(Reason reason, std::string_view message) {
  return status::Error(MeaningOf(reason), message);
}

}  // namespace smallbiznis::access
