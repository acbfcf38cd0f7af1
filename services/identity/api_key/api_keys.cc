#include "services/identity/api_key/api_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "pkg/text/user_text.h"
#include "services/identity/api_key/key_text.h"
#include "services/identity/api_key/revocation.h"
#include "services/identity/api_key/scope.h"
#include "services/identity/reason.h"

namespace smallbiznis::identity {
namespace {

constexpr int kMaxNameCharacters = 100;
constexpr size_t kMaxOrigins = 20;
constexpr size_t kMaxOriginLength = 300;
constexpr int64_t kMaxRate = 1'000'000;

// As precise as the database keeps it, so that the first answer equals every later one.
absl::Time AsStored(absl::Time time) {
  return absl::FromUnixMicros(absl::ToUnixMicros(time));
}

// What a browser sends as Origin: scheme, host in lower case, port.
bool IsOrigin(std::string_view text) {
  if (text.size() > kMaxOriginLength) return false;
  const bool https = text.starts_with("https://");
  if (!https && !text.starts_with("http://")) return false;
  text.remove_prefix(https ? 8 : 7);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
  });
}

bool IsKnown(std::string_view scope, const KnownScopes& known) {
  if (scope == kEveryScope) return true;
  if (!scope.ends_with(":*")) return known.contains(scope);
  scope.remove_suffix(1);
  const auto found = known.lower_bound(scope);
  return found != known.end() && found->starts_with(scope);
}

void CheckDraftScopes(const NewApiKey& draft, const KnownScopes& known,
                      std::vector<status::FieldViolation>* violations) {
  if (draft.kind == KeyKind::kWebhook) {
    if (!draft.scopes.empty()) violations->push_back({"scopes", "must be empty: a WEBHOOK key makes no calls"});
    return;
  }
  CheckScopes(draft.scopes, violations);
  if (draft.scopes.size() > kMaxScopes) return;
  for (size_t i = 0; i < draft.scopes.size(); ++i) {
    const std::string field = fmt::format("scopes[{}]", i);
    if (!IsScope(draft.scopes[i])) continue;  // said already
    if (!IsKnown(draft.scopes[i], known)) {
      violations->push_back({field, "is no permission that any call asks for; see ListPermissions"});
    } else if (draft.kind == KeyKind::kPublishable && !IsSafeInBrowser(draft.scopes[i])) {
      violations->push_back({field, "is not safe in a browser, where everybody can read a PUBLISHABLE key"});
    }
  }
}

void CheckOrigins(const NewApiKey& draft, std::vector<status::FieldViolation>* violations) {
  const std::vector<std::string>& origins = draft.allowed_origins;
  if (draft.kind != KeyKind::kPublishable && !origins.empty()) {
    violations->push_back({"allowed_origins", "are for PUBLISHABLE keys"});
  }
  if (origins.size() > kMaxOrigins) {
    violations->push_back({"allowed_origins", fmt::format("must name at most {} origins", kMaxOrigins)});
    return;
  }
  for (size_t i = 0; i < origins.size(); ++i) {
    if (IsOrigin(origins[i])) continue;
    violations->push_back({fmt::format("allowed_origins[{}]", i),
                           "must be an origin as browsers send it: https://shop.example, or with :port"});
  }
}

// Nobody gives, or gets, more than they have.
absl::Status CheckHeld(const Issuer& by, const std::vector<std::string>& scopes) {
  for (const std::string& scope : scopes) {
    if (Covers(by.principal.scopes, scope)) continue;
    const absl::Status given = by.authorizer.Authorize(by.principal, scope);
    if (given.code() == absl::StatusCode::kPermissionDenied) return Error(Reason::kScopeNotHeld);
    RETURN_IF_ERROR(given);
  }
  return absl::OkStatus();
}

bool HasEnded(const ApiKey& key, absl::Time now) {
  return key.revoked_at || (key.expires_at && *key.expires_at <= now);
}

}  // namespace

std::vector<status::FieldViolation> Violations(const NewApiKey& draft, const KnownScopes& known, absl::Time now) {
  std::vector<status::FieldViolation> violations;
  if (const auto problem = text::Problem(draft.display_name, {.max_characters = kMaxNameCharacters})) {
    violations.push_back({"display_name", *problem});
  }
  CheckDraftScopes(draft, known, &violations);
  CheckOrigins(draft, &violations);
  if (draft.expires_at && *draft.expires_at <= now) violations.push_back({"expire_time", "must be in the future"});
  if (draft.requests_per_minute && (*draft.requests_per_minute < 1 || *draft.requests_per_minute > kMaxRate)) {
    violations.push_back({"requests_per_minute", fmt::format("must be from 1 to {}", kMaxRate)});
  }
  return violations;
}

absl::StatusOr<IssuedKey> ApiKeys::Create(db::Tx& tx, const Issuer& by, const KnownScopes& known,
                                          const NewApiKey& draft) const {
  if (auto violations = Violations(draft, known, clock_.Now()); !violations.empty()) {
    return status::InvalidFields(std::move(violations));
  }
  RETURN_IF_ERROR(CheckHeld(by, draft.scopes));
  return Issue(tx, draft);
}

absl::StatusOr<IssuedKey> ApiKeys::Issue(db::Tx& tx, const NewApiKey& draft) const {
  const KeyText text = NewKeyText(draft.kind, ids_.Next<ApiKeyId>(), /*rotations=*/0, keyring_);
  ApiKey key{
      .id = text.id,
      .tenant = draft.tenant,
      .display_name = draft.display_name,
      .prefix = DisplayPrefix(text),
      .scopes = draft.scopes,
      .created_at = AsStored(clock_.Now()),
      .kind = draft.kind,
      .channel = draft.channel,
      .allowed_origins = draft.allowed_origins,
      .requests_per_minute = draft.requests_per_minute,
  };
  if (draft.expires_at) key.expires_at = AsStored(*draft.expires_at);
  store_.Insert(tx, {key, MacOf(text, keyring_), ""});
  return IssuedKey{std::move(key), Format(text)};
}

absl::StatusOr<ApiKeys::Rotated> ApiKeys::Rotate(db::Tx& tx, const Issuer& by, const Rotation& rotation) const {
  ASSIGN_OR_RETURN(const std::optional<ApiKey> before, store_.Lock(tx, rotation.tenant, rotation.id));
  if (!before) return Error(Reason::kApiKeyNotFound);
  RETURN_IF_ERROR(CheckHeld(by, before->scopes));
  const absl::Time now = clock_.Now();
  if (HasEnded(*before, now)) return Error(Reason::kApiKeyEnded);
  ApiKey after = *before;
  ++after.rotations;
  const KeyText text = NewKeyText(after.kind, after.id, after.rotations, keyring_);
  after.prefix = DisplayPrefix(text);
  after.previous_until = AsStored(now + rotation.grace);
  store_.Rotate(tx, {after, MacOf(text, keyring_), ""});
  store_.Notify(tx, Format(Revocation(after.id)));  // caches must see the new secret, and the end of the old one
  return Rotated{*before, {std::move(after), Format(text)}};
}

absl::StatusOr<ApiKeys::Page> ApiKeys::List(db::Tx& tx, const Listing& listing) const {
  ASSIGN_OR_RETURN(std::vector<ApiKey> keys, store_.List(tx, {.tenant = listing.tenant,
                                                              .include_revoked = listing.include_revoked,
                                                              .before = listing.before,
                                                              .limit = listing.page_size + 1}));
  Page page{std::move(keys)};
  page.more = page.keys.size() > static_cast<size_t>(listing.page_size);
  if (page.more) page.keys.pop_back();
  return page;
}

absl::StatusOr<Store::Change> ApiKeys::Revoke(db::Tx& tx, TenantId tenant, ApiKeyId id) const {
  ASSIGN_OR_RETURN(const auto revoked, store_.Revoke(tx, {.tenant = tenant, .id = id, .at = AsStored(clock_.Now())}));
  if (!revoked) return Error(Reason::kApiKeyNotFound);
  store_.Notify(tx, Format(Revocation(id)));
  return *revoked;
}

absl::Status ApiKeys::RevokeAll(db::Tx& tx, TenantId tenant) const {
  store_.RevokeAll(tx, tenant, AsStored(clock_.Now()));
  store_.Notify(tx, Format(Revocation(tenant)));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<IssuedKey>> ApiKeys::EnsurePlatformAdministrator(db::Tx& tx) const {
  ASSIGN_OR_RETURN(const bool exists, store_.LockPlatformKeys(tx));
  if (exists) return std::nullopt;
  ASSIGN_OR_RETURN(IssuedKey issued,
                   Issue(tx, {.display_name = "Platform administrator", .scopes = {std::string(kEveryScope)}}));
  return std::optional<IssuedKey>(std::move(issued));
}

}  // namespace smallbiznis::identity
