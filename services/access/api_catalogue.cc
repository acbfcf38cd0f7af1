#include "services/access/api_catalogue.h"

#include <algorithm>

namespace smallbiznis::access {

Catalogue::Catalogue(const std::vector<Method>& methods) {
  for (const Method& method : methods) {
    if (method.policy.permission().empty()) continue;  // public
    Entry& entry = entries_[method.policy.permission()];
    entry.methods.push_back(method.name);
    entry.platform_only = entry.platform_only && method.policy.scope() != rpc::v1::SCOPE_TENANT;
  }
  for (auto& [permission, entry] : entries_) {
    std::sort(entry.methods.begin(), entry.methods.end());
    if (!entry.platform_only) of_tenants_.insert(permission);
  }
}

}  // namespace smallbiznis::access
