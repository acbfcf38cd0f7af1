// What the first start puts into an empty database: a platform administrator's key and a demo tenant.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "pkg/audit/audit.h"
#include "pkg/db/pool.h"
#include "pkg/host/module.h"
#include "services/identity/api_key/api_keys.h"
#include "services/tenant/onboarding.h"

namespace smallbiznis::controlplane {

class Seeder {
 public:
  // The arguments must outlive this.
  Seeder(db::Pool& pool, const identity::ApiKeys& keys, const tenant::Onboarding& onboarding, const audit::Audit& audit)
      : pool_(pool), keys_(keys), onboarding_(onboarding), audit_(audit) {}

  // One transaction, or nothing when the platform has a key already. The secrets, which are shown this once, are in
  // `file` (JSON, readable by its owner only) before the transaction is committed, so that they cannot be lost.
  absl::StatusOr<host::Seeded> Seed(const std::string& file) const;

 private:
  absl::StatusOr<host::Seeded> SeedIn(db::Tx& tx, const std::string& file) const;

  db::Pool& pool_;
  const identity::ApiKeys& keys_;
  const tenant::Onboarding& onboarding_;
  const audit::Audit& audit_;
};

}  // namespace smallbiznis::controlplane
