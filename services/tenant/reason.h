// Why a call to this room failed, for programs. The names go over the wire: never change one.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace smallbiznis::tenant {

enum class Reason {
  kTenantNotFound,       // NOT_FOUND: no such tenant, or somebody else's: one answer, to the byte
  kTenantSlugTaken,      // ALREADY_EXISTS, naming the field
  kTenantSlugReserved,   // INVALID_ARGUMENT, naming the field; INVALID_FIELD when there are other fields at fault, too
  kTenantStateConflict,  // FAILED_PRECONDITION: no such move from this state
  kTenantSuspended,      // FAILED_PRECONDITION: it may read, not change
  kTenantArchived,       // FAILED_PRECONDITION: for good
  kTooManyTenants,       // RESOURCE_EXHAUSTED: the user owns as many as one may
  kEtagMismatch,         // ABORTED: the tenant has changed since it was read
};

std::string_view Name(Reason reason);  // "TENANT_NOT_FOUND"
absl::Status Error(Reason reason);
// With a message of its own, in place of the reason's.
absl::Status Error(Reason reason, std::string_view message);

}  // namespace smallbiznis::tenant
