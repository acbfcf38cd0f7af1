// Why a call to this room failed, for programs. The names go over the wire: never change one.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace smallbiznis::access {

enum class Reason {
  kRoleNotFound,         // NOT_FOUND: the tenant has not made such a role
  kRoleExists,           // ALREADY_EXISTS
  kRoleReserved,         // INVALID_ARGUMENT, naming the field: a role of the policy
  kTooManyRoles,         // RESOURCE_EXHAUSTED
  kPermissionNotHeld,    // PERMISSION_DENIED: nobody gives more than they have
  kSubjectNotFound,      // NOT_FOUND
  kPolicyInvalid,        // INVALID_ARGUMENT: rules that cannot be read
  kPolicyNotInDatabase,  // FAILED_PRECONDITION: the policy is a file
};

std::string_view Name(Reason reason);  // "ROLE_NOT_FOUND"
absl::Status Error(Reason reason);
// With a message of its own, in place of the reason's.
absl::Status Error(Reason reason, std::string_view message);

}  // namespace smallbiznis::access
