#include "services/domain/api.h"

#include <cstdlib>

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"

namespace smallbiznis::domain {
namespace {

constexpr std::string_view kListDomains = "smallbiznis.domain.v1.DomainService.ListDomains";

v1::DomainType ToProto(Type type) {
  switch (type) {
    case Type::kSystem:
      return v1::SYSTEM;
    case Type::kCustom:
      return v1::CUSTOM;
  }
  std::abort();
}

v1::VerificationState ToProto(Verification verification) {
  switch (verification) {
    case Verification::kPending:
      return v1::PENDING;
    case Verification::kVerified:
      return v1::VERIFIED;
    case Verification::kFailed:
      return v1::FAILED;
    case Verification::kLost:
      return v1::LOST;
  }
  std::abort();
}

absl::StatusOr<std::optional<Type>> ParseTypeFilter(v1::DomainType type) {
  if (type == v1::DOMAIN_TYPE_UNSPECIFIED) return std::nullopt;
  for (const Type known : {Type::kSystem, Type::kCustom}) {
    if (ToProto(known) == type) return known;
  }
  return status::InvalidField("type", "must be SYSTEM or CUSTOM, or unset");
}

}  // namespace

void ToProto(const Domain& domain, v1::Domain& out) {
  out.set_domain_id(domain.id.ToString());
  out.set_tenant_id(domain.tenant.ToString());
  out.set_host(domain.host);
  out.set_type(ToProto(domain.type));
  out.set_primary(domain.primary);
  out.set_verification_state(ToProto(domain.verification));
  rpc::SetTime(domain.created_at, out.mutable_create_time());
  if (domain.verified_at) rpc::SetTime(*domain.verified_at, out.mutable_verify_time());
}

absl::Status DomainApi::GetDomain(rpc::Call& call, const v1::GetDomainRequest& request, v1::Domain& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const DomainId id, rpc::ParseId<DomainId>("domain_id", request.domain_id()));
  RETURN_IF_ERROR(tenants_.CheckVisible(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const Domain domain, domains_.Get(call.tx(), tenant, id));
  ToProto(domain, response);
  return absl::OkStatus();
}

absl::Status DomainApi::ListDomains(rpc::Call& call, const v1::ListDomainsRequest& request,
                                    v1::ListDomainsResponse& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  Domains::Listing listing{.tenant = tenant};
  ASSIGN_OR_RETURN(listing.type, ParseTypeFilter(request.type()));
  ASSIGN_OR_RETURN(listing.page_size, crypto::PageSize(request.page_size()));
  // A token continues the list that it came from: of this tenant, of this type.
  const std::string filter = fmt::format("{} {}", request.tenant_id(), static_cast<int>(request.type()));
  const crypto::PageContext context{kListDomains, filter};
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(listing.after_host, tokens_.Open(context, request.page_token()));
  }
  RETURN_IF_ERROR(tenants_.CheckVisible(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const Domains::Page page, domains_.List(call.tx(), listing));
  for (const Domain& domain : page.domains) ToProto(domain, *response.add_domains());
  if (page.more) response.set_next_page_token(tokens_.Make(context, page.domains.back().host));
  return absl::OkStatus();
}

}  // namespace smallbiznis::domain
