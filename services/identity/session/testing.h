// For tests in which nobody is a member of anything.
#pragma once

#include "services/identity/member/client.h"

namespace smallbiznis::identity {

class NoMemberships final : public Memberships {
 public:
  absl::StatusOr<std::vector<Membership>> Of(db::Tx&, rpc::UserId) const override { return std::vector<Membership>(); }
  absl::StatusOr<std::vector<Membership>> List(db::Tx& tx, const Listing& listing) const override {
    return Of(tx, listing.user);
  }
  absl::StatusOr<int64_t> CountOwned(db::Tx&, rpc::UserId) const override { return 0; }
  void AddOwner(db::Tx&, const NewOwner&) const override {}
};

}  // namespace smallbiznis::identity
