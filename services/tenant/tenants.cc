#include "services/tenant/tenants.h"

#include <fmt/format.h>

#include "pkg/crypto/crypto.h"
#include "pkg/status/status.h"
#include "services/tenant/reason.h"

namespace smallbiznis::tenant {
namespace {

// What to try in turn for a slug that nobody asked for by name: "kopi", "kopi-2" to "kopi-4", a random one, and at last
// (nullopt) one from the tenant's own code, which only somebody who took it by name can have.
std::vector<std::optional<std::string>> SlugCandidates(const std::optional<std::string>& base) {
  std::vector<std::optional<std::string>> candidates;
  if (base) {
    candidates.push_back(base);
    for (const std::string_view suffix : {"-2", "-3", "-4"}) candidates.push_back(WithSuffix(*base, suffix));
    candidates.push_back(WithSuffix(*base, fmt::format("-{}", crypto::Hex(crypto::RandomBytes(4)))));
  }
  candidates.insert(candidates.end(), 3, std::nullopt);
  return candidates;
}

}  // namespace

absl::StatusOr<Tenant> Tenants::Insert(db::Tx& tx, const NewTenant& draft) const {
  const std::vector<std::optional<std::string>> candidates = draft.slug.empty()
                                                                 ? SlugCandidates(slugs_.FromName(draft.name))
                                                                 : std::vector<std::optional<std::string>>{draft.slug};
  Store::Insertion insertion{.id = ids_.Next<TenantId>(), .draft = draft, .state = State::kProvisioning, .now = Now()};
  for (const std::optional<std::string>& slug : candidates) {
    insertion.slug = slug;
    ASSIGN_OR_RETURN(std::optional<Tenant> tenant, store_.Insert(tx, insertion));
    if (!tenant) continue;
    store_.InsertSteps(tx, tenant->id, insertion.now);
    return *std::move(tenant);
  }
  return status::WithFields(Error(Reason::kTenantSlugTaken), {{"slug", "another tenant has it"}});
}

absl::StatusOr<Tenant> Tenants::Get(db::Tx& tx, TenantId id) const {
  ASSIGN_OR_RETURN(std::optional<Tenant> tenant, store_.Find(tx, id));
  if (!tenant) return Error(Reason::kTenantNotFound);
  return *std::move(tenant);
}

absl::StatusOr<std::vector<Tenant>> Tenants::GetAll(db::Tx& tx, const std::vector<TenantId>& ids) const {
  return store_.FindAll(tx, ids);
}

absl::StatusOr<Tenants::Page> Tenants::List(db::Tx& tx, const Listing& listing) const {
  ASSIGN_OR_RETURN(std::vector<Tenant> tenants, store_.List(tx, listing));
  Page page{std::move(tenants)};
  page.more = page.tenants.size() > static_cast<size_t>(listing.page_size);
  if (page.more) page.tenants.pop_back();
  return page;
}

absl::StatusOr<Changed> Tenants::Update(db::Tx& tx, TenantId id, const TenantChange& change) const {
  ASSIGN_OR_RETURN(Tenant before, Lock(tx, id));
  if (!change.etag.empty() && change.etag != Etag(before)) return Error(Reason::kEtagMismatch);
  if (before.state == State::kArchived) return Error(Reason::kTenantArchived);
  ASSIGN_OR_RETURN(std::optional<Tenant> after, store_.Update(tx, before, change, Now()));
  if (!after) return Error(Reason::kEtagMismatch);
  return Changed{std::move(before), *std::move(after)};
}

absl::StatusOr<Changed> Tenants::Suspend(db::Tx& tx, TenantId id, const std::string& reason) const {
  ASSIGN_OR_RETURN(const Tenant before, Lock(tx, id));
  RETURN_IF_ERROR(CheckMove(Action::kSuspend, {before.state, State::kSuspended}));
  const absl::Time now = Now();
  ledger_.BeginPause(tx, id, now);
  return Move(tx, before, {.to = State::kSuspended, .reason = reason, .now = now});
}

absl::StatusOr<Changed> Tenants::Resume(db::Tx& tx, TenantId id) const {
  ASSIGN_OR_RETURN(const Tenant before, Lock(tx, id));
  const State to = before.suspended_from.value_or(State::kActive);
  RETURN_IF_ERROR(CheckMove(Action::kResume, {before.state, to}));
  const absl::Time now = Now();
  ledger_.EndPause(tx, id, now);
  return Move(tx, before, {.to = to, .now = now});
}

absl::StatusOr<Changed> Tenants::Archive(db::Tx& tx, TenantId id) const {
  ASSIGN_OR_RETURN(const Tenant before, Lock(tx, id));
  RETURN_IF_ERROR(CheckMove(Action::kArchive, {before.state, State::kArchived}));
  // Whoever is about to issue a key holds the state (HoldUnarchived), so no key is left out.
  RETURN_IF_ERROR(keys_.RevokeAll(tx, id));
  return Move(tx, before, {.to = State::kArchived, .now = Now()});
}

absl::StatusOr<Tenants::StepPage> Tenants::ListSteps(db::Tx& tx, const StepListing& listing) const {
  ASSIGN_OR_RETURN(std::vector<Step> steps, store_.ListSteps(tx, {.tenant = listing.tenant,
                                                                  .after_service = listing.after_service,
                                                                  .limit = listing.page_size + 1}));
  StepPage page{std::move(steps)};
  page.more = page.steps.size() > static_cast<size_t>(listing.page_size);
  if (page.more) page.steps.pop_back();
  return page;
}

absl::StatusOr<Tenant> Tenants::LockForProvisioning(db::Tx& tx, TenantId id) const {
  ASSIGN_OR_RETURN(Tenant tenant, Lock(tx, id));
  if (tenant.state == State::kSuspended) return Error(Reason::kTenantSuspended);
  return tenant;
}

absl::Status Tenants::BeginStep(db::Tx& tx, TenantId tenant, std::string_view service) const {
  ASSIGN_OR_RETURN(const Tenant locked, LockForProvisioning(tx, tenant));
  if (locked.state == State::kProvisioning) store_.BeginStep(tx, tenant, service, Now());
  return absl::OkStatus();
}

absl::Status Tenants::FinishStep(db::Tx& tx, TenantId tenant, std::string_view service) const {
  ASSIGN_OR_RETURN(const Tenant locked, LockForProvisioning(tx, tenant));
  if (locked.state != State::kProvisioning) return absl::OkStatus();
  store_.EndStep(tx, tenant, {.service = service, .state = StepState::kDone, .error = "", .now = Now()});
  ASSIGN_OR_RETURN(const int64_t open, store_.CountOpenSteps(tx, tenant));
  if (open > 0) return absl::OkStatus();
  RETURN_IF_ERROR(CheckMove(Action::kActivate, {locked.state, State::kActive}));
  return Move(tx, locked, {.to = State::kActive, .now = Now()}).status();
}

absl::Status Tenants::FailStep(db::Tx& tx, TenantId tenant, const Failure& failure) const {
  ASSIGN_OR_RETURN(const Tenant locked, Lock(tx, tenant));
  const StepState state = failure.final ? StepState::kFailed : StepState::kPending;
  store_.EndStep(tx, locked.id, {.service = failure.service, .state = state, .error = failure.error, .now = Now()});
  return absl::OkStatus();
}

absl::StatusOr<Tenants::Reopened> Tenants::ReopenFailedSteps(db::Tx& tx, TenantId tenant) const {
  ASSIGN_OR_RETURN(const Tenant locked, Lock(tx, tenant));
  if (locked.state != State::kProvisioning) {
    return Error(
        Reason::kTenantStateConflict,
        fmt::format("the tenant is {}; only one that is PROVISIONING can be provisioned again", Name(locked.state)));
  }
  ASSIGN_OR_RETURN(std::vector<std::string> services, store_.ReopenFailedSteps(tx, tenant, Now()));
  return Reopened{.tenant = {.before = locked, .after = locked}, .services = std::move(services)};
}

absl::Status Tenants::CheckOwn(const rpc::Principal& by, TenantId tenant) const {
  // A tenant's own existence is proved by its principal: tenants are never deleted.
  return by.platform || by.tenant == tenant ? absl::OkStatus() : Error(Reason::kTenantNotFound);
}

absl::Status Tenants::CheckVisible(db::Tx& tx, const rpc::Principal& by, TenantId tenant) const {
  RETURN_IF_ERROR(CheckOwn(by, tenant));
  if (!by.platform) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<State> state, store_.ReadState(tx, tenant));
  return state ? absl::OkStatus() : Error(Reason::kTenantNotFound);
}

absl::Status Tenants::HoldUnarchived(db::Tx& tx, const rpc::Principal& by, TenantId tenant) const {
  RETURN_IF_ERROR(CheckOwn(by, tenant));
  ASSIGN_OR_RETURN(const std::optional<State> state, store_.HoldState(tx, tenant));
  if (!state) return Error(Reason::kTenantNotFound);
  return *state == State::kArchived ? Error(Reason::kTenantArchived) : absl::OkStatus();
}

absl::StatusOr<Tenant> Tenants::Lock(db::Tx& tx, TenantId id) const {
  ASSIGN_OR_RETURN(std::optional<Tenant> tenant, store_.Lock(tx, id));
  if (!tenant) return Error(Reason::kTenantNotFound);
  return *std::move(tenant);
}

absl::StatusOr<Changed> Tenants::Move(db::Tx& tx, const Tenant& before, Store::StateChange change) const {
  ASSIGN_OR_RETURN(std::optional<Tenant> after, store_.Move(tx, before, change));
  // The row is locked since it was read; another version now is a broken invariant, not a race.
  if (!after) return absl::InternalError("a locked tenant changed");
  return Changed{before, *std::move(after)};
}

// As precise as the database keeps it, so that the first answer equals every later one.
absl::Time Tenants::Now() const {
  return absl::FromUnixMicros(absl::ToUnixMicros(clock_.Now()));
}

}  // namespace smallbiznis::tenant
