// Whose access can be asked about: API keys.
#pragma once

#include "services/access/client.h"
#include "services/identity/api_key/store.h"

namespace smallbiznis::identity {

// Thread-safe.
class Subjects final : public access::Subjects {
 public:
  absl::StatusOr<rpc::Principal> Find(db::Tx& tx, TenantId tenant, std::string_view subject) const override;

 private:
  Store store_;
};

}  // namespace smallbiznis::identity
