// Members as other rooms see them. Only an interface: who asks does not depend on how members are kept.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/db/tx.h"
#include "pkg/rpc/principal.h"

namespace smallbiznis::identity {

inline constexpr char kOwnerRole[] = "owner";

struct Membership {
  TenantId tenant;
  std::string role;
};

// Of which tenants a user is a member, and as what. Thread-safe.
class Memberships {
 public:
  virtual ~Memberships() = default;
  // Those that the transaction's scope shows, by tenant.
  virtual absl::StatusOr<std::vector<Membership>> Of(db::Tx& tx, rpc::UserId user) const = 0;

  struct Listing {
    rpc::UserId user;
    TenantId after;  // none: from the first on
    int limit = 0;
  };
  // A part of them.
  virtual absl::StatusOr<std::vector<Membership>> List(db::Tx& tx, const Listing& listing) const = 0;

  // How many tenants the user owns. `tx` is in platform scope; until it ends nobody else gets an answer about this
  // user, so that what is made by the answer is made one after the other.
  virtual absl::StatusOr<int64_t> CountOwned(db::Tx& tx, rpc::UserId user) const = 0;

  struct NewOwner {
    TenantId tenant;  // made in the same transaction
    rpc::UserId user;
    absl::Time at;
  };
  // The first member of a tenant. Deferred; in force everywhere within a second of the commit.
  virtual void AddOwner(db::Tx& tx, const NewOwner& owner) const = 0;
};

}  // namespace smallbiznis::identity
