// The permissions that RPCs ask for, read from their contracts.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "services/access/roles.h"
#include "smallbiznis/rpc/v1/policy.pb.h"

namespace smallbiznis::access {

// Immutable and thread-safe.
class Catalogue {
 public:
  struct Method {
    std::string name;  // "smallbiznis.tenant.v1.TenantService.GetTenant"
    rpc::v1::MethodPolicy policy;
  };
  struct Entry {
    bool platform_only = true;         // no RPC asks a tenant for it
    std::vector<std::string> methods;  // full names, in order
  };

  explicit Catalogue(const std::vector<Method>& methods);

  // By permission.
  const std::map<std::string, Entry, std::less<>>& entries() const { return entries_; }
  // Those that are not for the platform's operators only.
  const KnownPermissions& of_tenants() const { return of_tenants_; }

 private:
  std::map<std::string, Entry, std::less<>> entries_;
  KnownPermissions of_tenants_;
};

}  // namespace smallbiznis::access
