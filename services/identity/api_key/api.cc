#include "services/identity/api_key/api.h"

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"

namespace smallbiznis::identity {
namespace {

constexpr std::string_view kListApiKeys = "smallbiznis.identity.v1.ApiKeyService.ListApiKeys";

absl::StatusOr<NewApiKey> ParseNewApiKey(TenantId tenant, const v1::CreateApiKeyRequest& request) {
  NewApiKey draft{
      .tenant = tenant,
      .display_name = request.display_name(),
      .scopes = {request.scopes().begin(), request.scopes().end()},
  };
  if (request.has_expire_time()) {
    ASSIGN_OR_RETURN(draft.expires_at, rpc::ParseTime("expire_time", request.expire_time()));
  }
  return draft;
}

std::string AuditState(const ApiKey& key) {
  v1::ApiKey message;
  ToProto(key, message);
  return rpc::StableBytes(message);
}

rpc::Call::Change ChangeOf(const ApiKey& key) {
  return {.resource = fmt::format("tenants/{}/apiKeys/{}", key.tenant.value(), key.id.value()), .tenant = key.tenant};
}

// A token continues the list that it came from: of this tenant, with or without the revoked keys.
std::string FilterText(const v1::ListApiKeysRequest& request) {
  return fmt::format("{} {}", request.tenant_id(), request.include_revoked());
}

}  // namespace

void ToProto(const ApiKey& key, v1::ApiKey& out) {
  out.set_api_key_id(key.id.ToString());
  out.set_tenant_id(key.tenant.ToString());
  out.set_display_name(key.display_name);
  out.set_prefix(key.prefix);
  out.mutable_scopes()->Assign(key.scopes.begin(), key.scopes.end());
  rpc::SetTime(key.created_at, out.mutable_create_time());
  if (key.expires_at) rpc::SetTime(*key.expires_at, out.mutable_expire_time());
  if (key.revoked_at) rpc::SetTime(*key.revoked_at, out.mutable_revoke_time());
}

absl::Status ApiKeyApi::CreateApiKey(rpc::Call& call, const v1::CreateApiKeyRequest& request,
                                     v1::CreateApiKeyResponse& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const NewApiKey draft, ParseNewApiKey(tenant, request));
  RETURN_IF_ERROR(tenants_.HoldUnarchived(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const IssuedKey issued, keys_.Create(call.tx(), call.principal(), draft));
  ToProto(issued.key, *response.mutable_api_key());
  response.set_secret(issued.secret);
  rpc::Call::Change change = ChangeOf(issued.key);
  change.after = AuditState(issued.key);
  call.RecordChange(std::move(change));
  return absl::OkStatus();
}

absl::Status ApiKeyApi::ListApiKeys(rpc::Call& call, const v1::ListApiKeysRequest& request,
                                    v1::ListApiKeysResponse& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ApiKeys::Listing listing{.tenant = tenant, .include_revoked = request.include_revoked()};
  ASSIGN_OR_RETURN(listing.page_size, crypto::PageSize(request.page_size()));
  const std::string filter = FilterText(request);
  const crypto::PageContext context{kListApiKeys, filter};
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const std::string cursor, tokens_.Open(context, request.page_token()));
    ASSIGN_OR_RETURN(listing.before, rpc::ParseId<ApiKeyId>("page_token", cursor));
  }
  RETURN_IF_ERROR(tenants_.CheckVisible(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const ApiKeys::Page page, keys_.List(call.tx(), listing));
  for (const ApiKey& key : page.keys) ToProto(key, *response.add_api_keys());
  if (page.more) response.set_next_page_token(tokens_.Make(context, page.keys.back().id.ToString()));
  return absl::OkStatus();
}

absl::Status ApiKeyApi::RevokeApiKey(rpc::Call& call, const v1::RevokeApiKeyRequest& request, v1::ApiKey& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const ApiKeyId id, rpc::ParseId<ApiKeyId>("api_key_id", request.api_key_id()));
  RETURN_IF_ERROR(tenants_.CheckVisible(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const auto revoked, keys_.Revoke(call.tx(), tenant, id));
  ToProto(revoked.after, response);
  rpc::Call::Change change = ChangeOf(revoked.after);
  change.before = AuditState(revoked.before);
  change.after = AuditState(revoked.after);
  call.RecordChange(std::move(change));
  return absl::OkStatus();
}

}  // namespace smallbiznis::identity
