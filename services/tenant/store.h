// The tables tenant.tenants and tenant.provisioning_steps. The only code that touches them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/db/tx.h"
#include "services/tenant/listing.h"
#include "services/tenant/provisioning.h"
#include "services/tenant/tenant.h"

namespace smallbiznis::tenant {

// Stateless.
class Store {
 public:
  struct Insertion {
    TenantId id;
    const NewTenant& draft;
    std::optional<std::string> slug;  // none: made from the code
    State state;
    absl::Time now;
  };
  // Nothing when the slug is taken; the transaction goes on. Waits for another one that is about to take the slug.
  absl::StatusOr<std::optional<Tenant>> Insert(db::Tx& tx, const Insertion& insertion) const;

  absl::StatusOr<std::optional<Tenant>> Find(db::Tx& tx, TenantId id) const;
  // Of these, those that the transaction's scope shows, by id.
  absl::StatusOr<std::vector<Tenant>> FindAll(db::Tx& tx, const std::vector<TenantId>& ids) const;
  // Nobody else changes the tenant until the transaction ends.
  absl::StatusOr<std::optional<Tenant>> Lock(db::Tx& tx, TenantId id) const;

  absl::StatusOr<std::optional<State>> ReadState(db::Tx& tx, TenantId id) const;
  // The state stays as it is until the transaction ends.
  absl::StatusOr<std::optional<State>> HoldState(db::Tx& tx, TenantId id) const;

  // Both change `before` as it was read; nothing when the tenant has another version by now.
  absl::StatusOr<std::optional<Tenant>> Update(db::Tx& tx, const Tenant& before, const TenantChange& change,
                                               absl::Time now) const;
  struct StateChange {
    State to;
    std::string reason;  // of a suspension
    absl::Time now;
  };
  absl::StatusOr<std::optional<Tenant>> Move(db::Tx& tx, const Tenant& before, const StateChange& change) const;

  // At most page_size + 1 rows.
  absl::StatusOr<std::vector<Tenant>> List(db::Tx& tx, const Listing& listing) const;

  // Deferred: one step a service, PENDING.
  void InsertSteps(db::Tx& tx, TenantId tenant, absl::Time now) const;
  struct StepListing {
    TenantId tenant;
    std::string after_service;
    int limit = 0;
  };
  // By service.
  absl::StatusOr<std::vector<Step>> ListSteps(db::Tx& tx, const StepListing& listing) const;
  // Both deferred, and nothing where the step is DONE.
  void BeginStep(db::Tx& tx, TenantId tenant, std::string_view service, absl::Time now) const;
  struct StepEnd {
    std::string_view service;
    StepState state;
    std::string_view error;
    absl::Time now;
  };
  void EndStep(db::Tx& tx, TenantId tenant, const StepEnd& end) const;
  absl::StatusOr<int64_t> CountOpenSteps(db::Tx& tx, TenantId tenant) const;
  // FAILED -> PENDING; answers their services.
  absl::StatusOr<std::vector<std::string>> ReopenFailedSteps(db::Tx& tx, TenantId tenant, absl::Time now) const;
};

}  // namespace smallbiznis::tenant
