#include "services/tenant/reason.h"

#include <cstdlib>

#include "pkg/status/status.h"

namespace smallbiznis::tenant {
namespace {

status::Meaning MeaningOf(Reason reason) {
  using absl::StatusCode;
  switch (reason) {
    case Reason::kTenantNotFound:
      return {"TENANT_NOT_FOUND", StatusCode::kNotFound, "there is no such tenant"};
    case Reason::kTenantSlugTaken:
      return {"TENANT_SLUG_TAKEN", StatusCode::kAlreadyExists, "slug: another tenant has it"};
    case Reason::kTenantSlugReserved:
      return {"TENANT_SLUG_RESERVED", StatusCode::kInvalidArgument, "slug: is reserved"};
    case Reason::kTenantStateConflict:
      return {"TENANT_STATE_CONFLICT", StatusCode::kFailedPrecondition, "the tenant is in another state"};
    case Reason::kTenantSuspended:
      return {"TENANT_SUSPENDED", StatusCode::kFailedPrecondition,
              "the tenant is suspended: it can be read, not changed"};
    case Reason::kTenantArchived:
      return {"TENANT_ARCHIVED", StatusCode::kFailedPrecondition,
              "the tenant is archived: it can be read, not changed"};
    case Reason::kTooManyTenants:
      return {"TOO_MANY_TENANTS", StatusCode::kResourceExhausted, "you own as many tenants as one user may"};
    case Reason::kEtagMismatch:
      return {"ETAG_MISMATCH", StatusCode::kAborted, "the tenant has changed since its etag was read"};
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

}  // namespace smallbiznis::tenant
