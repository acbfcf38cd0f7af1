#include "pkg/rpc/principal.h"

#include <fmt/format.h>

#include <algorithm>

#include "pkg/status/status.h"

namespace smallbiznis::rpc {

bool Holds(const std::vector<std::string>& scopes, std::string_view permission) {
  const size_t colon = permission.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view object = permission.substr(0, colon + 1);
  return std::any_of(scopes.begin(), scopes.end(), [&](std::string_view scope) {
    return scope == "*" || scope == permission ||
           (scope.size() == object.size() + 1 && scope.starts_with(object) && scope.back() == '*');
  });
}

absl::Status PermissionMissing(std::string_view permission) {
  return status::Error(absl::StatusCode::kPermissionDenied, "PERMISSION_MISSING",
                       fmt::format("these credentials lack the permission {}", permission));
}

}  // namespace smallbiznis::rpc
