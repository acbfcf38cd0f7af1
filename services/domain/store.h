// The table domain.domains. The only code that touches it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/db/tx.h"
#include "services/domain/client.h"

namespace smallbiznis::domain {

// Stateless.
class Store {
 public:
  // Deferred; a host that somebody has gives DOMAIN_HOST_TAKEN.
  void Insert(db::Tx& tx, const Domain& domain) const;

  absl::StatusOr<std::optional<Domain>> Find(db::Tx& tx, TenantId tenant, DomainId id) const;

  struct Listing {
    TenantId tenant;
    std::optional<Type> type;
    std::string after_host;  // hosts behind this one; empty: from the start
    int limit = 0;
  };
  // By host, byte by byte.
  absl::StatusOr<std::vector<Domain>> List(db::Tx& tx, const Listing& listing) const;
};

}  // namespace smallbiznis::domain
