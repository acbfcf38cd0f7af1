// Onboarding: a tenant with its domain, its first key, its owner and its provisioning tasks, in one transaction, all or
// nothing.
#pragma once

#include "absl/status/statusor.h"
#include "pkg/db/tx.h"
#include "pkg/outbox/outbox.h"
#include "services/domain/client.h"
#include "services/identity/api_key/client.h"
#include "services/identity/member/client.h"
#include "services/tenant/tenants.h"

namespace smallbiznis::tenant {

struct Onboarded {
  Tenant tenant;
  domain::Domain domain;
  identity::IssuedKey key;  // holds every permission within the tenant; its secret is shown this once
};

// Thread-safe.
class Onboarding {
 public:
  struct Options {
    int max_owned = 20;  // tenants of one user: who has so many makes no more
  };
  struct Parts {
    const Tenants& tenants;
    const domain::Client& domains;
    const identity::Client& keys;
    const identity::Memberships& memberships;
    const outbox::Outbox& outbox;
  };
  // What `parts` refer to must outlive this.
  Onboarding(Options options, const Parts& parts) : options_(options), parts_(parts) {}

  // `tx` is in platform scope. Waits for one round trip; the rest travels with the next one. Errors are those of
  // Tenants::Insert, INVALID_ARGUMENT naming `type` where a user would make a tenant of the platform's own,
  // TOO_MANY_TENANTS and, out of the transaction's later calls, DOMAIN_HOST_TAKEN.
  // `traceparent` is that of the call, for what is done after it; empty: none.
  absl::StatusOr<Onboarded> Create(db::Tx& tx, const NewTenant& draft, std::string_view traceparent) const;

  // Asks again for the provisioning steps that failed. FAILED_PRECONDITION, reason TENANT_STATE_CONFLICT, when the
  // tenant is not being provisioned.
  absl::StatusOr<Changed> RetryProvisioning(db::Tx& tx, TenantId tenant, std::string_view traceparent) const;

 private:
  // TOO_MANY_TENANTS. The same user's next one waits for the end of `tx`.
  absl::Status CheckMayOwnMore(db::Tx& tx, rpc::UserId user) const;

  const Options options_;
  const Parts parts_;
};

}  // namespace smallbiznis::tenant
