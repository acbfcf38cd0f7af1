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

// As precise as the database keeps it, so that the first answer equals every later one.
absl::Time AsStored(absl::Time time) {
  return absl::FromUnixMicros(absl::ToUnixMicros(time));
}

}  // namespace

std::vector<status::FieldViolation> Violations(const NewApiKey& draft, absl::Time now) {
  std::vector<status::FieldViolation> violations;
  if (const auto problem = text::Problem(draft.display_name, {.max_characters = kMaxNameCharacters})) {
    violations.push_back({"display_name", *problem});
  }
  CheckScopes(draft.scopes, &violations);
  if (draft.expires_at && *draft.expires_at <= now) violations.push_back({"expire_time", "must be in the future"});
  return violations;
}

absl::StatusOr<IssuedKey> ApiKeys::Create(db::Tx& tx, const rpc::Principal& by, const NewApiKey& draft) const {
  if (auto violations = Violations(draft, clock_.Now()); !violations.empty()) {
    return status::InvalidFields(std::move(violations));
  }
  const bool holds_all = std::all_of(draft.scopes.begin(), draft.scopes.end(),
                                     [&by](const std::string& scope) { return Covers(by.scopes, scope); });
  if (!holds_all) return Error(Reason::kScopeNotHeld);
  return Issue(tx, draft);
}

absl::StatusOr<IssuedKey> ApiKeys::Issue(db::Tx& tx, const NewApiKey& draft) const {
  const KeyText text = NewKeyText(ids_.Next<ApiKeyId>());
  ApiKey key{
      .id = text.id,
      .tenant = draft.tenant,
      .display_name = draft.display_name,
      .prefix = DisplayPrefix(text),
      .scopes = draft.scopes,
      .created_at = AsStored(clock_.Now()),
  };
  if (draft.expires_at) key.expires_at = AsStored(*draft.expires_at);
  store_.Insert(tx, {key, MacOf(text, keyring_)});
  return IssuedKey{std::move(key), Format(text)};
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

absl::StatusOr<Store::Revoked> ApiKeys::Revoke(db::Tx& tx, TenantId tenant, ApiKeyId id) const {
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
