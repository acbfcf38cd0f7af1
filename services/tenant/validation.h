// What is wrong with a tenant's fields as they stand in a request, all at once.
#pragma once

#include <string_view>
#include <vector>

#include "pkg/status/status.h"
#include "services/tenant/tenant.h"

namespace smallbiznis::tenant {

std::vector<status::FieldViolation> Violations(const NewTenant& draft);
// Fields are named below `prefix`: "tenant." gives "tenant.name".
std::vector<status::FieldViolation> Violations(const TenantChange& change, std::string_view prefix);

// An officially assigned code of ISO 3166-1 alpha-2, in upper case.
bool IsCountryCode(std::string_view code);
// A zone or link of the IANA database, in its exact spelling.
bool IsTimezone(std::string_view name);

}  // namespace smallbiznis::tenant
