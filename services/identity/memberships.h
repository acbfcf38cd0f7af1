// Of which tenants a user is a member, and as what. An interface: who asks does not depend on how members are kept.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/db/tx.h"
#include "pkg/rpc/principal.h"

namespace smallbiznis::identity {

struct Membership {
  TenantId tenant;
  std::string role;
};

// Implemented by services/identity/member. Thread-safe.
class Memberships {
 public:
  virtual ~Memberships() = default;
  // Those that the transaction's scope shows, by tenant.
  virtual absl::StatusOr<std::vector<Membership>> Of(db::Tx& tx, rpc::UserId user) const = 0;
};

}  // namespace smallbiznis::identity
