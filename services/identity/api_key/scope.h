// What a key may do: a list of permissions, "object:action", where "object:*" is every action and "*" is everything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "pkg/status/status.h"

namespace smallbiznis::identity {

inline constexpr size_t kMaxScopes = 50;
inline constexpr std::string_view kEveryScope = "*";

// "*", "tenant:*" or "tenant:read".
bool IsScope(std::string_view text);

// Adds what is wrong with `scopes` as they stand in a request: none, too many, a scope of another form, one twice.
void CheckScopes(const std::vector<std::string>& scopes, std::vector<status::FieldViolation>* violations);

// True for what may stand in a page that anybody can read: it shows and changes nothing of a member or of the tenant's
// business.
bool IsSafeInBrowser(std::string_view scope);

// True when whoever holds `held` may do everything that `scope` allows.
bool Covers(const std::vector<std::string>& held, std::string_view scope);

}  // namespace smallbiznis::identity
