#include "services/identity/api_key/api.h"

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"

namespace smallbiznis::identity {
namespace {

constexpr std::string_view kListApiKeys = "smallbiznis.identity.v1.ApiKeyService.ListApiKeys";

absl::StatusOr<KeyKind> ParseKind(v1::ApiKeyKind kind) {
  switch (kind) {
    case v1::API_KEY_KIND_UNSPECIFIED:
    case v1::SERVER:
      return KeyKind::kServer;
    case v1::PUBLISHABLE:
      return KeyKind::kPublishable;
    case v1::WEBHOOK:
      return KeyKind::kWebhook;
    case v1::ApiKeyKind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::ApiKeyKind_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return status::InvalidField("kind", "must be SERVER, PUBLISHABLE or WEBHOOK");
}

v1::ApiKeyKind ToProto(KeyKind kind) {
  switch (kind) {
    case KeyKind::kServer:
      return v1::SERVER;
    case KeyKind::kPublishable:
      return v1::PUBLISHABLE;
    case KeyKind::kWebhook:
      return v1::WEBHOOK;
  }
  std::abort();
}

absl::StatusOr<Channel> ParseChannel(v1::Channel channel) {
  switch (channel) {
    case v1::CHANNEL_UNSPECIFIED:
    case v1::API:
      return Channel::kApi;
    case v1::POS:
      return Channel::kPos;
    case v1::ONLINE:
      return Channel::kOnline;
    case v1::PARTNER:
      return Channel::kPartner;
    case v1::Channel_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Channel_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return status::InvalidField("channel", "must be POS, ONLINE, PARTNER or API");
}

v1::Channel ToProto(Channel channel) {
  switch (channel) {
    case Channel::kApi:
      return v1::API;
    case Channel::kPos:
      return v1::POS;
    case Channel::kOnline:
      return v1::ONLINE;
    case Channel::kPartner:
      return v1::PARTNER;
  }
  std::abort();
}

absl::StatusOr<absl::Duration> ParseGrace(v1::RotationGrace grace) {
  switch (grace) {
    case v1::ONE_HOUR:
      return absl::Hours(1);
    case v1::ONE_DAY:
      return absl::Hours(24);
    case v1::SEVEN_DAYS:
      return absl::Hours(7 * 24);
    case v1::ROTATION_GRACE_UNSPECIFIED:
    case v1::RotationGrace_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::RotationGrace_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return status::InvalidField("grace", "must be ONE_HOUR, ONE_DAY or SEVEN_DAYS");
}

absl::StatusOr<NewApiKey> ParseNewApiKey(TenantId tenant, const v1::CreateApiKeyRequest& request) {
  NewApiKey draft{
      .tenant = tenant,
      .display_name = request.display_name(),
      .scopes = {request.scopes().begin(), request.scopes().end()},
  };
  ASSIGN_OR_RETURN(draft.kind, ParseKind(request.kind()));
  ASSIGN_OR_RETURN(draft.channel, ParseChannel(request.channel()));
  draft.allowed_origins = {request.allowed_origins().begin(), request.allowed_origins().end()};
  if (request.requests_per_minute() != 0) draft.requests_per_minute = request.requests_per_minute();
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

KnownScopes ScopesOf(const rpc::Router& router) {
  KnownScopes known;
  for (const rpc::Method* method : router.methods()) {
    if (!method->policy.permission().empty()) known.insert(method->policy.permission());
  }
  return known;
}

void ToProto(const ApiKey& key, v1::ApiKey& out) {
  out.set_api_key_id(key.id.ToString());
  out.set_tenant_id(key.tenant.ToString());
  out.set_display_name(key.display_name);
  out.set_prefix(key.prefix);
  out.mutable_scopes()->Assign(key.scopes.begin(), key.scopes.end());
  rpc::SetTime(key.created_at, out.mutable_create_time());
  if (key.expires_at) rpc::SetTime(*key.expires_at, out.mutable_expire_time());
  if (key.revoked_at) rpc::SetTime(*key.revoked_at, out.mutable_revoke_time());
  out.set_kind(ToProto(key.kind));
  out.set_channel(ToProto(key.channel));
  out.mutable_allowed_origins()->Assign(key.allowed_origins.begin(), key.allowed_origins.end());
  out.set_requests_per_minute(static_cast<int32_t>(key.requests_per_minute.value_or(0)));
  if (key.previous_until) rpc::SetTime(*key.previous_until, out.mutable_previous_secret_expire_time());
  if (key.last_used_at) rpc::SetTime(*key.last_used_at, out.mutable_last_use_time());
}

absl::Status ApiKeyApi::CreateApiKey(rpc::Call& call, const v1::CreateApiKeyRequest& request,
                                     v1::CreateApiKeyResponse& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const NewApiKey draft, ParseNewApiKey(tenant, request));
  RETURN_IF_ERROR(tenants_.HoldUnarchived(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const IssuedKey issued,
                   keys_.Create(call.tx(), {call.principal(), authorizer_}, known_scopes_(), draft));
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

absl::Status ApiKeyApi::RotateApiKey(rpc::Call& call, const v1::RotateApiKeyRequest& request,
                                     v1::RotateApiKeyResponse& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const ApiKeyId id, rpc::ParseId<ApiKeyId>("api_key_id", request.api_key_id()));
  ASSIGN_OR_RETURN(const absl::Duration grace, ParseGrace(request.grace()));
  RETURN_IF_ERROR(tenants_.HoldUnarchived(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const auto rotated, keys_.Rotate(call.tx(), {call.principal(), authorizer_}, {tenant, id, grace}));
  ToProto(rotated.after.key, *response.mutable_api_key());
  response.set_secret(rotated.after.secret);
  rpc::Call::Change change = ChangeOf(rotated.after.key);
  change.before = AuditState(rotated.before);
  change.after = AuditState(rotated.after.key);
  call.RecordChange(std::move(change));
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
