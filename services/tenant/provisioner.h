// Works on the provisioning tasks of tenants: one for each downstream service, in any order.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "pkg/clock/clock.h"
#include "pkg/db/pool.h"
#include "pkg/outbox/delivery.h"
#include "pkg/task/server/mux.h"
#include "services/ledger/client.h"
#include "services/rule/client.h"
#include "services/tenant/tenants.h"

namespace smallbiznis::tenant {

// Thread-safe. A step is RUNNING while its task is worked on, PENDING again when that failed and will be tried again,
// and FAILED, with its last error, when it will not. The tenant becomes ACTIVE in the transaction of its last step.
class Provisioner {
 public:
  // All must outlive this.
  Provisioner(db::Pool& pool, const Tenants& tenants, const ledger::Client& ledger, const rule::Client& rules,
              const outbox::Delivery& delivery)
      : pool_(pool), tenants_(tenants), ledger_(ledger), rules_(rules), delivery_(delivery) {}

  // This must outlive what `mux` calls.
  void Register(task::Mux& mux) const;

 private:
  absl::Status Provision(std::string_view service, const task::Handler& effect, task::Attempt& attempt) const;

  db::Pool& pool_;
  const Tenants& tenants_;
  const ledger::Client& ledger_;
  const rule::Client& rules_;
  const outbox::Delivery& delivery_;
};

}  // namespace smallbiznis::tenant
