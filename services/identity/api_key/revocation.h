// What a revocation tells the caches of every process, over PostgreSQL's NOTIFY.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "services/identity/api_key/client.h"

namespace smallbiznis::identity {

inline constexpr char kRevocationChannel[] = "identity_api_keys";

// One key, or every key of a tenant.
using Revocation = std::variant<ApiKeyId, TenantId>;

std::string Format(const Revocation& revocation);  // "key:72", "tenant:72"
// Nothing when `payload` is none: a reader that does not understand one must forget everything.
std::optional<Revocation> ParseRevocation(std::string_view payload);

}  // namespace smallbiznis::identity
