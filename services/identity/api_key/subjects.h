// Whose access can be asked about: API keys and members.
#pragma once

#include "services/access/client.h"
#include "services/identity/api_key/store.h"
#include "services/identity/member/client.h"

namespace smallbiznis::identity {

// Thread-safe.
class Subjects final : public access::Subjects {
 public:
  // `memberships` must outlive this.
  explicit Subjects(const Memberships& memberships) : memberships_(memberships) {}

  absl::StatusOr<rpc::Principal> Find(db::Tx& tx, TenantId tenant, std::string_view subject) const override;

 private:
  absl::StatusOr<rpc::Principal> FindUser(db::Tx& tx, TenantId tenant, std::string_view subject) const;

  const Memberships& memberships_;
  Store store_;
};

}  // namespace smallbiznis::identity
