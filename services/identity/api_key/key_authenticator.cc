#include "services/identity/api_key/key_authenticator.h"

#include <fmt/format.h>

#include "pkg/status/status.h"
#include "services/identity/api_key/revocation.h"
#include "services/identity/reason.h"

namespace smallbiznis::identity {
namespace {

// A caller does not wait longer than this to learn who it is.
constexpr absl::Duration kLookupTimeout = absl::Seconds(5);

rpc::Principal PrincipalOf(const ApiKey& key) {
  return {
      .subject = fmt::format("api_key:{}", key.id.value()),
      .tenant = key.tenant,
      .platform = !key.tenant,
      .scopes = key.scopes,
  };
}

bool IsPast(const std::optional<absl::Time>& end, absl::Time now) {
  return end && *end <= now;
}

}  // namespace

KeyAuthenticator::KeyAuthenticator(db::Pool& pool, const crypto::Keyring& keyring, const clock::Clock& clock,
                                   KeyCache& cache)
    : pool_(pool), keyring_(keyring), clock_(clock), cache_(cache), nobodys_mac_(crypto::RandomBytes(32)) {}

absl::StatusOr<rpc::Principal> KeyAuthenticator::Authenticate(const rpc::Credentials& credentials) {
  ASSIGN_OR_RETURN(const KeyText key, ParseAuthorization(credentials.header));
  const std::string mac = MacOf(key, keyring_);
  const std::shared_ptr<const KeyCache::Entry> cached = cache_.Find(key.id);
  if (cached == nullptr) return AuthenticateByDatabase(key, mac);
  if (!crypto::SameBytes(cached->mac, mac)) return Error(Reason::kApiKeyInvalid);
  if (IsPast(cached->expires_at, clock_.Now())) return Error(Reason::kApiKeyExpired);
  return cached->principal;
}

absl::StatusOr<rpc::Principal> KeyAuthenticator::AuthenticateByDatabase(const KeyText& key, const std::string& mac) {
  const KeyCache::Generation generation = cache_.generation();
  ASSIGN_OR_RETURN(const std::optional<StoredKey> stored, Read(key.id));
  const bool same = crypto::SameBytes(stored ? stored->mac : nobodys_mac_, mac);
  if (!stored || !same) return Error(Reason::kApiKeyInvalid);
  if (stored->key.revoked_at) return Error(Reason::kApiKeyRevoked);
  if (IsPast(stored->key.expires_at, clock_.Now())) return Error(Reason::kApiKeyExpired);
  rpc::Principal principal = PrincipalOf(stored->key);
  cache_.Put(key.id, {stored->mac, principal, stored->key.expires_at}, generation);
  return principal;
}

absl::StatusOr<std::optional<StoredKey>> KeyAuthenticator::Read(ApiKeyId id) {
  // Platform scope: whose key it is, is what we are about to learn.
  ASSIGN_OR_RETURN(
      const std::unique_ptr<db::Tx> tx,
      pool_.Begin({.scope = db::Scope::Platform(), .read_only = true, .deadline = clock_.Now() + kLookupTimeout}));
  ASSIGN_OR_RETURN(std::optional<StoredKey> stored, store_.Find(*tx, id));
  RETURN_IF_ERROR(tx->Commit());
  return stored;
}

std::unique_ptr<db::Listener> ListenForRevocations(const db::PoolOptions& database, KeyCache& cache) {
  return db::Listener::Start(
      database, {kRevocationChannel},
      {
          .on_notify = [&cache](std::string_view, std::string_view payload) { cache.OnRevocation(payload); },
          .on_listening = [&cache] { cache.OnListening(); },
          .on_lost = [&cache] { cache.OnLost(); },
      });
}

}  // namespace smallbiznis::identity
