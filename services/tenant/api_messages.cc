#include "services/tenant/api_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"
#include "pkg/text/user_text.h"
#include "services/tenant/reason.h"
#include "services/tenant/slug.h"
#include "services/tenant/validation.h"

namespace smallbiznis::tenant {
namespace {

constexpr text::UserTextRules kSearchRules{.max_characters = 200};

v1::TenantType ToProto(Type type) {
  switch (type) {
    case Type::kPlatform:
      return v1::PLATFORM;
    case Type::kPersonal:
      return v1::PERSONAL;
    case Type::kCompany:
      return v1::COMPANY;
  }
  std::abort();
}

v1::TenantState ToProto(State state) {
  switch (state) {
    case State::kPending:
      return v1::PENDING;
    case State::kProvisioning:
      return v1::PROVISIONING;
    case State::kActive:
      return v1::ACTIVE;
    case State::kSuspended:
      return v1::SUSPENDED;
    case State::kArchived:
      return v1::ARCHIVED;
  }
  std::abort();
}

v1::ProvisioningStep::State ToProto(StepState state) {
  switch (state) {
    case StepState::kPending:
      return v1::ProvisioningStep::PENDING;
    case StepState::kRunning:
      return v1::ProvisioningStep::RUNNING;
    case StepState::kDone:
      return v1::ProvisioningStep::DONE;
    case StepState::kFailed:
      return v1::ProvisioningStep::FAILED;
  }
  std::abort();
}

std::optional<Type> FromProto(v1::TenantType type) {
  const auto found = std::find_if(std::begin(kTypes), std::end(kTypes), [&](Type one) { return ToProto(one) == type; });
  return found == std::end(kTypes) ? std::nullopt : std::optional(*found);
}

std::optional<State> FromProto(v1::TenantState state) {
  const auto found =
      std::find_if(std::begin(kStates), std::end(kStates), [&](State one) { return ToProto(one) == state; });
  return found == std::end(kStates) ? std::nullopt : std::optional(*found);
}

// Collects what is wrong field by field.
class Problems {
 public:
  void Add(std::string_view field, std::string_view problem) {
    violations_.push_back({std::string(field), std::string(problem)});
  }
  void Add(const absl::Status& invalid_fields) { Add(status::FieldViolations(invalid_fields)); }
  void Add(std::vector<status::FieldViolation> violations) {
    std::move(violations.begin(), violations.end(), std::back_inserter(violations_));
  }
  absl::Status ToStatus() {
    return violations_.empty() ? absl::OkStatus() : status::InvalidFields(std::move(violations_));
  }

 private:
  std::vector<status::FieldViolation> violations_;
};

std::optional<Type> ParseType(std::string_view field, v1::TenantType type, Problems* problems) {
  if (type == v1::TENANT_TYPE_UNSPECIFIED) return std::nullopt;
  const std::optional<Type> parsed = FromProto(type);
  if (!parsed) problems->Add(field, "must be PLATFORM, PERSONAL or COMPANY, or unset");
  return parsed;
}

std::vector<State> ParseStates(const google::protobuf::RepeatedField<int>& states, Problems* problems) {
  std::vector<State> parsed;
  for (int i = 0; i < states.size(); ++i) {
    const std::optional<State> state = FromProto(static_cast<v1::TenantState>(states[i]));
    if (!state) {
      problems->Add(fmt::format("filter.states[{}]", i), "must be a state of a tenant");
      break;
    }
    if (std::find(parsed.begin(), parsed.end(), *state) == parsed.end()) parsed.push_back(*state);
  }
  return parsed;
}

std::optional<absl::Time> ParseTime(std::string_view field, const google::protobuf::Timestamp& time,
                                    Problems* problems) {
  const absl::StatusOr<absl::Time> parsed = rpc::ParseTime(field, time);
  if (parsed.ok()) return *parsed;
  problems->Add(parsed.status());
  return std::nullopt;
}

// Sets the field that a path of the mask names; false when a mask cannot name it.
bool SetByPath(std::string_view path, const v1::Tenant& tenant, TenantChange* change) {
  if (path == "name") {
    change->name = tenant.name();
  } else if (path == "country_code") {
    change->country_code = tenant.country_code();
  } else if (path == "timezone") {
    change->timezone = tenant.timezone();
  } else {
    return path == "etag";
  }
  return true;
}

void SetWhatIsNotEmpty(const v1::Tenant& tenant, TenantChange* change) {
  if (!tenant.name().empty()) change->name = tenant.name();
  if (!tenant.country_code().empty()) change->country_code = tenant.country_code();
  if (!tenant.timezone().empty()) change->timezone = tenant.timezone();
}

}  // namespace

absl::StatusOr<NewTenant> ParseNewTenant(const v1::CreateTenantRequest& request) {
  Problems problems;
  NewTenant draft{.name = request.name(),
                  .slug = request.slug(),
                  .country_code = request.country_code(),
                  .timezone = request.timezone()};
  draft.type = ParseType("type", request.type(), &problems).value_or(Type::kCompany);
  problems.Add(Violations(draft));
  const absl::Status invalid = problems.ToStatus();
  const std::vector<status::FieldViolation> violations = status::FieldViolations(invalid);
  if (violations.size() == 1 && IsReservedSlug(draft.slug)) {
    return status::WithFields(Error(Reason::kTenantSlugReserved), violations);
  }
  RETURN_IF_ERROR(invalid);
  return draft;
}

absl::StatusOr<Filter> ParseFilter(const v1::ListTenantsRequest::Filter& filter) {
  Problems problems;
  Filter parsed{.country_code = filter.country_code(), .name_contains = filter.name_contains()};
  parsed.states = ParseStates(filter.states(), &problems);
  parsed.type = ParseType("filter.type", filter.type(), &problems);
  if (!parsed.country_code.empty() && !IsCountryCode(parsed.country_code)) {
    problems.Add("filter.country_code", "must be a country code of ISO 3166-1 in upper case, such as ID");
  }
  if (const auto problem = text::Problem(parsed.name_contains, kSearchRules)) {
    problems.Add("filter.name_contains", *problem);
  }
  if (filter.has_created_from()) {
    parsed.created_from = ParseTime("filter.created_from", filter.created_from(), &problems);
  }
  if (filter.has_created_before()) {
    parsed.created_before = ParseTime("filter.created_before", filter.created_before(), &problems);
  }
  RETURN_IF_ERROR(problems.ToStatus());
  return parsed;
}

absl::StatusOr<Order> ParseOrder(v1::ListTenantsRequest::OrderBy order) {
  switch (order) {
    case v1::ListTenantsRequest::ORDER_BY_UNSPECIFIED:
    case v1::ListTenantsRequest::CREATE_TIME_DESC:
      return Order::kCreateTimeDesc;
    case v1::ListTenantsRequest::CREATE_TIME_ASC:
      return Order::kCreateTimeAsc;
    case v1::ListTenantsRequest::NAME_ASC:
      return Order::kNameAsc;
    case v1::ListTenantsRequest::NAME_DESC:
      return Order::kNameDesc;
    default:  // an open enum: any number may come over the wire
      return status::InvalidField("order_by", "must be an order of this list, or unset");
  }
}

absl::StatusOr<TenantChange> ParseTenantChange(const v1::UpdateTenantRequest& request) {
  Problems problems;
  TenantChange change{.etag = request.tenant().etag()};
  for (const std::string& path : request.update_mask().paths()) {
    if (SetByPath(path, request.tenant(), &change)) continue;
    // The path is repeated only when it can be a field's name: it comes from outside.
    const bool plain = path.find_first_not_of("abcdefghijklmnopqrstuvwxyz_.") == path.npos && path.size() <= 100;
    problems.Add("update_mask", fmt::format("{} cannot be changed: only name, country_code and timezone can",
                                            plain ? path : "a path in it"));
    break;
  }
  if (request.update_mask().paths().empty()) SetWhatIsNotEmpty(request.tenant(), &change);
  problems.Add(Violations(change, "tenant."));
  RETURN_IF_ERROR(problems.ToStatus());
  if (!change.name && !change.country_code && !change.timezone) {
    return status::InvalidField("update_mask", "names nothing to change: it takes name, country_code and timezone");
  }
  return change;
}

void ToProto(const Tenant& tenant, v1::Tenant& out) {
  out.set_tenant_id(tenant.id.ToString());
  out.set_code(tenant.code);
  out.set_name(tenant.name);
  out.set_slug(tenant.slug);
  out.set_type(ToProto(tenant.type));
  out.set_state(ToProto(tenant.state));
  out.set_country_code(tenant.country_code);
  out.set_timezone(tenant.timezone);
  out.set_etag(Etag(tenant));
  rpc::SetTime(tenant.created_at, out.mutable_create_time());
  rpc::SetTime(tenant.updated_at, out.mutable_update_time());
}

void ToProto(const Step& step, v1::ProvisioningStep& out) {
  out.set_service(step.service);
  out.set_state(ToProto(step.state));
  out.set_attempts(step.attempts);
  out.set_last_error(step.last_error);
  rpc::SetTime(step.updated_at, out.mutable_update_time());
}

}  // namespace smallbiznis::tenant
