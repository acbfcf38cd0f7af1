#include "services/tenant/api.h"

#include <fmt/format.h>

#include <map>

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"
#include "pkg/text/user_text.h"
#include "services/tenant/api_messages.h"

namespace smallbiznis::tenant {
namespace {

constexpr std::string_view kListTenants = "smallbiznis.tenant.v1.TenantService.ListTenants";
constexpr std::string_view kListMyTenants = "smallbiznis.tenant.v1.TenantService.ListMyTenants";
constexpr std::string_view kListProvisioningSteps = "smallbiznis.tenant.v1.TenantService.ListProvisioningSteps";
constexpr text::UserTextRules kReasonRules{.max_characters = 500};

std::string AuditState(const Tenant& tenant) {
  v1::Tenant message;
  ToProto(tenant, message);
  return rpc::StableBytes(message);
}

// Answers with the tenant as it is now and leaves both states for the audit row.
void Answer(const Changed& changed, rpc::Call& call, v1::Tenant& response) {
  ToProto(changed.after, response);
  call.RecordChange({.resource = fmt::format("tenants/{}", changed.after.id.value()),
                     .tenant = changed.after.id,
                     .before = AuditState(changed.before),
                     .after = AuditState(changed.after)});
}

}  // namespace

absl::Status TenantApi::CheckCreateTenant(const v1::CreateTenantRequest& request) {
  return ParseNewTenant(request).status();
}

absl::Status TenantApi::CreateTenant(rpc::Call& call, const v1::CreateTenantRequest& request,
                                     v1::CreateTenantResponse& response) {
  ASSIGN_OR_RETURN(NewTenant draft, ParseNewTenant(request));
  draft.owner = call.principal().user;
  ASSIGN_OR_RETURN(const Onboarded onboarded, onboarding_.Create(call.tx(), draft, call.info().traceparent));
  ToProto(onboarded.tenant, *response.mutable_tenant());
  domain::ToProto(onboarded.domain, *response.mutable_domain());
  identity::ToProto(onboarded.key.key, *response.mutable_api_key());
  if (draft.owner) response.set_owner_user_id(draft.owner.ToString());
  call.RecordChange({.resource = fmt::format("tenants/{}", onboarded.tenant.id.value()),
                     .tenant = onboarded.tenant.id,
                     .after = rpc::StableBytes(response)});
  // After the digest: nothing that is kept is made from the secret but its MAC.
  response.set_api_key_secret(onboarded.key.secret);
  return absl::OkStatus();
}

absl::Status TenantApi::GetTenant(rpc::Call& call, const v1::GetTenantRequest& request, v1::Tenant& response) {
  ASSIGN_OR_RETURN(const TenantId id, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const Tenant tenant, tenants_.Get(call.tx(), id));
  ToProto(tenant, response);
  return absl::OkStatus();
}

absl::Status TenantApi::ListTenants(rpc::Call& call, const v1::ListTenantsRequest& request,
                                    v1::ListTenantsResponse& response) {
  Listing listing;
  ASSIGN_OR_RETURN(listing.filter, ParseFilter(request.filter()));
  ASSIGN_OR_RETURN(listing.order, ParseOrder(request.order_by()));
  ASSIGN_OR_RETURN(listing.page_size, crypto::PageSize(request.page_size()));
  const std::string filter = fmt::format("{} {}", static_cast<int>(listing.order), rpc::StableBytes(request.filter()));
  const crypto::PageContext context{kListTenants, filter};
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const std::string cursor, tokens_.Open(context, request.page_token()));
    listing.after = ParseCursor(listing.order, cursor);
    if (!listing.after) return status::InvalidField("page_token", "is not a token of this list");
  }
  ASSIGN_OR_RETURN(const Tenants::Page page, tenants_.List(call.tx(), listing));
  for (const Tenant& tenant : page.tenants) ToProto(tenant, *response.add_tenants());
  if (page.more) {
    response.set_next_page_token(tokens_.Make(context, CursorText(listing.order, page.tenants.back())));
  }
  return absl::OkStatus();
}

absl::Status TenantApi::ListMyTenants(rpc::Call& call, const v1::ListMyTenantsRequest& request,
                                      v1::ListMyTenantsResponse& response) {
  identity::Memberships::Listing listing{.user = call.principal().user};
  ASSIGN_OR_RETURN(const int size, crypto::PageSize(request.page_size()));
  listing.limit = size + 1;
  const crypto::PageContext context{kListMyTenants, call.principal().subject};
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const std::string cursor, tokens_.Open(context, request.page_token()));
    ASSIGN_OR_RETURN(listing.after, rpc::ParseId<TenantId>("page_token", cursor));
  }
  ASSIGN_OR_RETURN(std::vector<identity::Membership> memberships, memberships_.List(call.tx(), listing));
  const bool more = memberships.size() > static_cast<size_t>(size);
  if (more) memberships.pop_back();
  std::vector<TenantId> ids;
  std::map<TenantId, std::string> roles;
  for (identity::Membership& each : memberships) {
    ids.push_back(each.tenant);
    roles[each.tenant] = std::move(each.role);
  }
  ASSIGN_OR_RETURN(const std::vector<Tenant> tenants, tenants_.GetAll(call.tx(), ids));
  for (const Tenant& tenant : tenants) {
    v1::MyTenant& mine = *response.add_tenants();
    ToProto(tenant, *mine.mutable_tenant());
    mine.set_role(roles[tenant.id]);
  }
  if (more) response.set_next_page_token(tokens_.Make(context, ids.back().ToString()));
  return absl::OkStatus();
}

absl::Status TenantApi::UpdateTenant(rpc::Call& call, const v1::UpdateTenantRequest& request, v1::Tenant& response) {
  ASSIGN_OR_RETURN(const TenantId id, rpc::ParseId<TenantId>("tenant.tenant_id", request.tenant().tenant_id()));
  ASSIGN_OR_RETURN(const TenantChange change, ParseTenantChange(request));
  ASSIGN_OR_RETURN(const Changed changed, tenants_.Update(call.tx(), id, change));
  Answer(changed, call, response);
  return absl::OkStatus();
}

absl::Status TenantApi::SuspendTenant(rpc::Call& call, const v1::SuspendTenantRequest& request, v1::Tenant& response) {
  ASSIGN_OR_RETURN(const TenantId id, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  if (const auto problem = text::Problem(request.reason(), kReasonRules)) {
    return status::InvalidField("reason", *problem);
  }
  ASSIGN_OR_RETURN(const Changed changed, tenants_.Suspend(call.tx(), id, request.reason()));
  Answer(changed, call, response);
  return absl::OkStatus();
}

absl::Status TenantApi::ResumeTenant(rpc::Call& call, const v1::ResumeTenantRequest& request, v1::Tenant& response) {
  ASSIGN_OR_RETURN(const TenantId id, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const Changed changed, tenants_.Resume(call.tx(), id));
  Answer(changed, call, response);
  return absl::OkStatus();
}

absl::Status TenantApi::ArchiveTenant(rpc::Call& call, const v1::ArchiveTenantRequest& request, v1::Tenant& response) {
  ASSIGN_OR_RETURN(const TenantId id, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const Changed changed, tenants_.Archive(call.tx(), id));
  Answer(changed, call, response);
  return absl::OkStatus();
}

absl::Status TenantApi::RetryProvisioning(rpc::Call& call, const v1::RetryProvisioningRequest& request,
                                          v1::Tenant& response) {
  ASSIGN_OR_RETURN(const TenantId id, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const Changed changed, onboarding_.RetryProvisioning(call.tx(), id, call.info().traceparent));
  Answer(changed, call, response);
  return absl::OkStatus();
}

absl::Status TenantApi::ListProvisioningSteps(rpc::Call& call, const v1::ListProvisioningStepsRequest& request,
                                              v1::ListProvisioningStepsResponse& response) {
  ASSIGN_OR_RETURN(const TenantId id, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  Tenants::StepListing listing{.tenant = id};
  ASSIGN_OR_RETURN(listing.page_size, crypto::PageSize(request.page_size()));
  const crypto::PageContext context{kListProvisioningSteps, request.tenant_id()};
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(listing.after_service, tokens_.Open(context, request.page_token()));
  }
  RETURN_IF_ERROR(tenants_.CheckVisible(call.tx(), call.principal(), id));
  ASSIGN_OR_RETURN(const Tenants::StepPage page, tenants_.ListSteps(call.tx(), listing));
  for (const Step& step : page.steps) ToProto(step, *response.add_steps());
  if (page.more) response.set_next_page_token(tokens_.Make(context, page.steps.back().service));
  return absl::OkStatus();
}

}  // namespace smallbiznis::tenant
