#include "services/tenant/store.h"

#include <fmt/format.h>

#include <cstdlib>

#include "pkg/status/status.h"
#include "services/tenant/queries.h"

namespace smallbiznis::tenant {
namespace {

// A name in the database that this program does not know: it is older than what wrote the row.
absl::Status Unknown(std::string_view what, std::string_view name) {
  return absl::InternalError(fmt::format("unknown {} {} in the database", what, name));
}

absl::StatusOr<State> StateFrom(std::string_view name) {
  const std::optional<State> state = ParseState(name);
  if (!state) return Unknown("tenant state", name);
  return *state;
}

// Columns in the order in which every statement names them.
absl::StatusOr<Tenant> FromRow(const db::Row& row) {
  const std::optional<Type> type = ParseType(row.Text(4));
  if (!type) return Unknown("tenant type", row.Text(4));
  Tenant tenant{
      .id = TenantId(row.Int64(0)),
      .code = std::string(row.Text(1)),
      .name = std::string(row.Text(2)),
      .slug = std::string(row.Text(3)),
      .type = *type,
      .country_code = std::string(row.Text(7)),
      .timezone = std::string(row.Text(8)),
      .version = row.Int64(9),
      .created_at = row.Time(10),
      .updated_at = row.Time(11),
  };
  ASSIGN_OR_RETURN(tenant.state, StateFrom(row.Text(5)));
  if (!row.IsNull(6)) {
    ASSIGN_OR_RETURN(tenant.suspended_from, StateFrom(row.Text(6)));
  }
  return tenant;
}

absl::StatusOr<std::optional<Tenant>> FirstOf(const absl::StatusOr<db::Rows>& rows) {
  RETURN_IF_ERROR(rows.status());
  if (rows->empty()) return std::nullopt;
  return FromRow((*rows)[0]);
}

absl::StatusOr<std::vector<Tenant>> AllOf(const db::Rows& rows) {
  std::vector<Tenant> tenants;
  tenants.reserve(rows.size());
  for (const db::Row row : rows) {
    ASSIGN_OR_RETURN(Tenant tenant, FromRow(row));
    tenants.push_back(std::move(tenant));
  }
  return tenants;
}

absl::StatusOr<std::optional<State>> FirstStateOf(const absl::StatusOr<db::Rows>& rows) {
  RETURN_IF_ERROR(rows.status());
  if (rows->empty()) return std::nullopt;
  return StateFrom((*rows)[0].Text(0));
}

const db::Statement& ListStatement(Order order) {
  switch (order) {
    case Order::kCreateTimeAsc:
      return sql::kListByCreateTimeAsc;
    case Order::kCreateTimeDesc:
      return sql::kListByCreateTimeDesc;
    case Order::kNameAsc:
      return sql::kListByNameAsc;
    case Order::kNameDesc:
      return sql::kListByNameDesc;
  }
  std::abort();
}

// The first key of the order, NULL on the first page.
db::Param CursorParam(Order order, const std::optional<Cursor>& cursor) {
  if (!cursor) return std::nullopt;
  const bool by_name = order == Order::kNameAsc || order == Order::kNameDesc;
  return by_name ? db::Param(cursor->name) : db::Param(cursor->created_at);
}

db::Param NullIfEmpty(const std::string& text) {
  return text.empty() ? db::Param(std::nullopt) : db::Param(text);
}

db::Param NamesParam(const std::vector<State>& states) {
  if (states.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const State state : states) names.emplace_back(Name(state));
  return names;
}

}  // namespace

absl::StatusOr<std::optional<Tenant>> Store::Insert(db::Tx& tx, const Insertion& insertion) const {
  const NewTenant& draft = insertion.draft;
  return FirstOf(
      tx.Query(sql::kInsertTenant, {insertion.id, draft.name, insertion.slug, Name(draft.type), Name(insertion.state),
                                    draft.country_code, draft.timezone, insertion.now}));
}

absl::StatusOr<std::optional<Tenant>> Store::Find(db::Tx& tx, TenantId id) const {
  return FirstOf(tx.Query(sql::kFindTenant, {id}));
}

absl::StatusOr<std::vector<Tenant>> Store::FindAll(db::Tx& tx, const std::vector<TenantId>& ids) const {
  std::vector<int64_t> values;
  for (const TenantId id : ids) values.push_back(id.value());
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindTenants, {values}));
  return AllOf(rows);
}

absl::StatusOr<std::optional<Tenant>> Store::Lock(db::Tx& tx, TenantId id) const {
  return FirstOf(tx.Query(sql::kLockTenant, {id}));
}

absl::StatusOr<std::optional<State>> Store::ReadState(db::Tx& tx, TenantId id) const {
  return FirstStateOf(tx.Query(sql::kReadState, {id}));
}

absl::StatusOr<std::optional<State>> Store::HoldState(db::Tx& tx, TenantId id) const {
  return FirstStateOf(tx.Query(sql::kHoldState, {id}));
}

absl::StatusOr<std::optional<Tenant>> Store::Update(db::Tx& tx, const Tenant& before, const TenantChange& change,
                                                    absl::Time now) const {
  return FirstOf(tx.Query(sql::kUpdateTenant,
                          {before.id, before.version, change.name, change.country_code, change.timezone, now}));
}

absl::StatusOr<std::optional<Tenant>> Store::Move(db::Tx& tx, const Tenant& before, const StateChange& change) const {
  const db::Param suspended_from =
      change.to == State::kSuspended ? db::Param(Name(before.state)) : db::Param(std::nullopt);
  return FirstOf(tx.Query(sql::kMoveTenant, {before.id, before.version, Name(change.to), suspended_from,
                                             NullIfEmpty(change.reason), change.now}));
}

absl::StatusOr<std::vector<Tenant>> Store::List(db::Tx& tx, const Listing& listing) const {
  const Filter& filter = listing.filter;
  std::optional<std::string_view> type;
  if (filter.type) type = Name(*filter.type);
  std::optional<std::string> pattern;
  if (!filter.name_contains.empty()) pattern = ContainsPattern(filter.name_contains);
  std::optional<TenantId> after;
  if (listing.after) after = listing.after->id;
  ASSIGN_OR_RETURN(const db::Rows rows,
                   tx.Query(ListStatement(listing.order),
                            {NamesParam(filter.states), type, NullIfEmpty(filter.country_code), pattern,
                             filter.created_from, filter.created_before, CursorParam(listing.order, listing.after),
                             after, int64_t{listing.page_size} + 1}));
  return AllOf(rows);
}

void Store::InsertSteps(db::Tx& tx, TenantId tenant, absl::Time now) const {
  const std::vector<std::string> services(std::begin(kProvisionedServices), std::end(kProvisionedServices));
  tx.Defer(sql::kInsertSteps, {tenant, services, now});
}

absl::StatusOr<std::vector<Step>> Store::ListSteps(db::Tx& tx, const StepListing& listing) const {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   tx.Query(sql::kListSteps, {listing.tenant, listing.after_service, int64_t{listing.limit}}));
  std::vector<Step> steps;
  steps.reserve(rows.size());
  for (const db::Row row : rows) {
    const std::optional<StepState> state = ParseStepState(row.Text(1));
    if (!state) return Unknown("provisioning state", row.Text(1));
    steps.push_back({.service = std::string(row.Text(0)),
                     .state = *state,
                     .attempts = row.Int32(2),
                     .last_error = std::string(row.Text(3)),
                     .updated_at = row.Time(4)});
  }
  return steps;
}

void Store::BeginStep(db::Tx& tx, TenantId tenant, std::string_view service, absl::Time now) const {
  tx.Defer(sql::kBeginStep, {tenant, service, now});
}

void Store::EndStep(db::Tx& tx, TenantId tenant, const StepEnd& end) const {
  tx.Defer(sql::kEndStep, {tenant, end.service, Name(end.state), end.error, end.now});
}

absl::StatusOr<int64_t> Store::CountOpenSteps(db::Tx& tx, TenantId tenant) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kCountOpenSteps, {tenant}));
  return rows[0].Int64(0);
}

absl::StatusOr<std::vector<std::string>> Store::ReopenFailedSteps(db::Tx& tx, TenantId tenant, absl::Time now) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kReopenFailedSteps, {tenant, now}));
  std::vector<std::string> services;
  for (const db::Row row : rows) services.emplace_back(row.Text(0));
  return services;
}

}  // namespace smallbiznis::tenant
