#include "services/tenant/provisioner.h"

#include <string>

#include "pkg/status/status.h"
#include "pkg/task/server/retry.h"
#include "pkg/text/view.h"
#include "services/tenant/provisioning.h"

namespace smallbiznis::tenant {

void Provisioner::Register(task::Mux& mux) const {
  for (const std::string_view service : kProvisionedServices) {
    // A service whose room has nothing to set up yet is provisioned by its step alone.
    const task::Handler effect =
        delivery_.Once([this, service](db::Tx& tx, TenantId tenant, const task::Attempt&) -> absl::Status {
          // The tenant is locked first, as where it is suspended: who needs both locks takes them in one order.
          RETURN_IF_ERROR(tenants_.FinishStep(tx, tenant, service));
          if (service == "ledger") ledger_.CreateDefaults(tx, tenant);
          if (service == "rule") rules_.CreateDefaults(tx, tenant);
          return absl::OkStatus();
        });
    mux.Handle(ProvisioningTopic(service),
               [this, service, effect](task::Attempt& attempt) { return Provision(service, effect, attempt); });
  }
}

absl::Status Provisioner::Provision(std::string_view service, const task::Handler& effect,
                                    task::Attempt& attempt) const {
  const std::optional<outbox::Reference> message = outbox::Reference::From(attempt.headers());
  if (!message) return effect(attempt);  // says what is wrong
  const db::TxOptions options{.scope = db::Scope::Tenant(message->tenant), .deadline = attempt.deadline()};
  RETURN_IF_ERROR(
      db::Transact(pool_, options, [&](db::Tx& tx) { return tenants_.BeginStep(tx, message->tenant, service); }));
  const absl::Status status = effect(attempt);
  if (status.ok()) return status;
  RETURN_IF_ERROR(db::Transact(pool_, {.scope = options.scope}, [&](db::Tx& tx) {
    return tenants_.FailStep(
        tx, message->tenant,
        {.service = service, .error = text::ToStd(status.message()), .final = outbox::IsFinal(attempt, status)});
  }));
  return status;
}

}  // namespace smallbiznis::tenant
