// Requests of TenantService as domain values, and domain values as its messages. Part of the API layer.
#pragma once

#include "absl/status/statusor.h"
#include "services/tenant/listing.h"
#include "services/tenant/provisioning.h"
#include "services/tenant/tenant.h"
#include "smallbiznis/tenant/v1/tenant.pb.h"

namespace smallbiznis::tenant {

// INVALID_ARGUMENT naming every field at fault; reason TENANT_SLUG_RESERVED where that is all that is wrong.
absl::StatusOr<NewTenant> ParseNewTenant(const v1::CreateTenantRequest& request);
absl::StatusOr<Filter> ParseFilter(const v1::ListTenantsRequest::Filter& filter);
absl::StatusOr<Order> ParseOrder(v1::ListTenantsRequest::OrderBy order);
// The fields that the mask names; without a mask, those that are not empty. `etag` may be in a mask (a gateway makes
// the mask from the body): it is a condition, not a change.
absl::StatusOr<TenantChange> ParseTenantChange(const v1::UpdateTenantRequest& request);

void ToProto(const Tenant& tenant, v1::Tenant& out);
void ToProto(const Step& step, v1::ProvisioningStep& out);

}  // namespace smallbiznis::tenant
