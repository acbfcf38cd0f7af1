// Tenants: their record and the moves of their life. Onboarding (onboarding.h) makes one together with what belongs to
// it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/db/tx.h"
#include "pkg/rpc/principal.h"
#include "pkg/snowflake/generator.h"
#include "services/identity/api_key/client.h"
#include "services/ledger/client.h"
#include "services/tenant/client.h"
#include "services/tenant/slug.h"
#include "services/tenant/store.h"
#include "services/tenant/tenant.h"

namespace smallbiznis::tenant {

// A tenant before and after one mutation.
struct Changed {
  Tenant before;
  Tenant after;
};

// Thread-safe. Everything happens in the caller's transaction and within its scope: a tenant that the scope does not
// show is NOT_FOUND, reason TENANT_NOT_FOUND, like one that does not exist.
class Tenants final : public Directory {
 public:
  // The arguments must outlive this.
  Tenants(const identity::Client& keys, const ledger::Client& ledger, SlugMaker& slugs, snowflake::Generator& ids,
          const clock::Clock& clock)
      : keys_(keys), ledger_(ledger), slugs_(slugs), ids_(ids), clock_(clock) {}

  // Writes the record of a tenant that is being provisioned, and its PENDING steps. `draft` has no Violations.
  // ALREADY_EXISTS, reason TENANT_SLUG_TAKEN, when it names a slug that somebody has; a slug made from the name is made
  // unique instead.
  absl::StatusOr<Tenant> Insert(db::Tx& tx, const NewTenant& draft) const;

  absl::StatusOr<Tenant> Get(db::Tx& tx, TenantId id) const;

  // Of these, those that there are, by id.
  absl::StatusOr<std::vector<Tenant>> GetAll(db::Tx& tx, const std::vector<TenantId>& ids) const;

  struct Page {
    std::vector<Tenant> tenants;
    bool more = false;
  };
  absl::StatusOr<Page> List(db::Tx& tx, const Listing& listing) const;

  // `change` has no Violations. ABORTED, reason ETAG_MISMATCH; FAILED_PRECONDITION, reason TENANT_ARCHIVED.
  absl::StatusOr<Changed> Update(db::Tx& tx, TenantId id, const TenantChange& change) const;

  // FAILED_PRECONDITION, reason TENANT_STATE_CONFLICT, naming both states, when there is no such move. While a tenant
  // is suspended, its ledger's time stands still.
  absl::StatusOr<Changed> Suspend(db::Tx& tx, TenantId id, const std::string& reason) const;
  absl::StatusOr<Changed> Resume(db::Tx& tx, TenantId id) const;   // to where it was suspended from
  absl::StatusOr<Changed> Archive(db::Tx& tx, TenantId id) const;  // its keys stop working

  struct StepPage {
    std::vector<Step> steps;  // by service
    bool more = false;
  };
  struct StepListing {
    TenantId tenant;
    std::string after_service;
    int page_size = 0;
  };
  absl::StatusOr<StepPage> ListSteps(db::Tx& tx, const StepListing& listing) const;

  // Provisioning. All lock the tenant; what is DONE stays so. FAILED_PRECONDITION, reason TENANT_SUSPENDED, while the
  // tenant is suspended. An archived tenant is left as it is.
  absl::Status BeginStep(db::Tx& tx, TenantId tenant, std::string_view service) const;
  // With the last one the tenant becomes ACTIVE.
  absl::Status FinishStep(db::Tx& tx, TenantId tenant, std::string_view service) const;
  struct Failure {
    std::string_view service;
    std::string_view error;
    bool final = false;  // it is not tried again by itself
  };
  absl::Status FailStep(db::Tx& tx, TenantId tenant, const Failure& failure) const;
  // FAILED steps become PENDING. FAILED_PRECONDITION, reason TENANT_STATE_CONFLICT, when the tenant is not
  // PROVISIONING.
  struct Reopened {
    Changed tenant;
    std::vector<std::string> services;
  };
  absl::StatusOr<Reopened> ReopenFailedSteps(db::Tx& tx, TenantId tenant) const;

  absl::Status CheckOwn(const rpc::Principal& by, TenantId tenant) const override;
  absl::Status CheckVisible(db::Tx& tx, const rpc::Principal& by, TenantId tenant) const override;
  absl::Status HoldUnarchived(db::Tx& tx, const rpc::Principal& by, TenantId tenant) const override;

 private:
  absl::StatusOr<Tenant> Lock(db::Tx& tx, TenantId id) const;
  absl::StatusOr<Tenant> LockForProvisioning(db::Tx& tx, TenantId id) const;
  absl::StatusOr<Changed> Move(db::Tx& tx, const Tenant& before, Store::StateChange change) const;
  absl::Time Now() const;

  const identity::Client& keys_;
  const ledger::Client& ledger_;
  SlugMaker& slugs_;
  snowflake::Generator& ids_;
  const clock::Clock& clock_;
  Store store_;
};

}  // namespace smallbiznis::tenant
