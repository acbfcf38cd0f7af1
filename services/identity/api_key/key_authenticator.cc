#include "services/identity/api_key/key_authenticator.h"

#include <fmt/format.h>

#include <algorithm>

#include "pkg/status/status.h"
#include "services/identity/api_key/kind.h"
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
      .channel = Name(key.channel),
      .requests_per_minute = key.requests_per_minute.value_or(0),
  };
}

bool IsPast(const std::optional<absl::Time>& end, absl::Time now) {
  return end && *end <= now;
}

// For who knows a secret of the key, the present or the previous one.
absl::Status CheckInForce(const StoredKey& stored, std::string_view mac, absl::Time now) {
  if (stored.key.revoked_at) return Error(Reason::kApiKeyRevoked);
  if (IsPast(stored.key.expires_at, now)) return Error(Reason::kApiKeyExpired);
  const bool is_current = crypto::SameBytes(stored.mac, mac);
  if (!is_current && IsPast(stored.key.previous_until, now)) return Error(Reason::kApiKeyRotated);
  return absl::OkStatus();
}

absl::Status CheckMayCall(const ApiKey& key, const rpc::Credentials& credentials) {
  if (key.kind == KeyKind::kWebhook) return Error(Reason::kApiKeyMakesNoCalls);
  const std::vector<std::string>& origins = key.allowed_origins;
  const bool from_there =
      origins.empty() || std::find(origins.begin(), origins.end(), credentials.origin) != origins.end();
  return from_there ? absl::OkStatus() : Error(Reason::kApiKeyOriginRefused);
}

}  // namespace

KeyAuthenticator::KeyAuthenticator(db::Pool& pool, const crypto::Keyring& keyring, const clock::Clock& clock,
                                   KeyCache& cache, LastUsed& last_used)
    : pool_(pool),
      keyring_(keyring),
      clock_(clock),
      cache_(cache),
      last_used_(last_used),
      nobodys_mac_(crypto::RandomBytes(32)) {}

absl::StatusOr<rpc::Principal> KeyAuthenticator::Authenticate(const rpc::Credentials& credentials) {
  ASSIGN_OR_RETURN(const KeyText key, ParseAuthorization(credentials.header));
  const std::string mac = MacOf(key, keyring_);
  std::shared_ptr<const KeyCache::Entry> entry = cache_.Find(key.id);
  if (entry) {
    RETURN_IF_ERROR(CheckSecret(entry->stored, key, mac));
  } else {
    ASSIGN_OR_RETURN(entry, Load(key, mac));
  }
  return Admit(*entry, mac, credentials);
}

std::optional<rpc::Principal> KeyAuthenticator::Recognize(const rpc::Credentials& credentials) {
  const absl::StatusOr<KeyText> key = ParseAuthorization(credentials.header);
  if (!key.ok()) return std::nullopt;
  const std::shared_ptr<const KeyCache::Entry> entry = cache_.Find(key->id);
  if (!entry) return std::nullopt;
  const std::string mac = MacOf(*key, keyring_);
  if (!CheckSecret(entry->stored, *key, mac).ok()) return std::nullopt;
  absl::StatusOr<rpc::Principal> principal = Admit(*entry, mac, credentials);
  return principal.ok() ? std::optional(*std::move(principal)) : std::nullopt;
}

absl::StatusOr<rpc::Principal> KeyAuthenticator::Admit(const KeyCache::Entry& entry, const std::string& mac,
                                                       const rpc::Credentials& credentials) const {
  const absl::Time now = clock_.Now();
  RETURN_IF_ERROR(CheckInForce(entry.stored, mac, now));
  RETURN_IF_ERROR(CheckMayCall(entry.stored.key, credentials));
  NoteUse(*entry.mark, now);
  return entry.principal;
}

absl::StatusOr<std::shared_ptr<const KeyCache::Entry>> KeyAuthenticator::Load(const KeyText& key,
                                                                              const std::string& mac) {
  const KeyCache::Generation generation = cache_.generation();
  ASSIGN_OR_RETURN(std::optional<StoredKey> stored, Read(key.id));
  RETURN_IF_ERROR(CheckSecret(stored.value_or(StoredKey{{}, nobodys_mac_, ""}), key, mac));
  rpc::Principal principal = PrincipalOf(stored->key);
  const bool has_ended = stored->key.revoked_at || IsPast(stored->key.expires_at, clock_.Now());
  auto entry = std::make_shared<const KeyCache::Entry>(
      KeyCache::Entry{*std::move(stored), std::move(principal), last_used_.MarkOf(key.id)});
  if (!has_ended) cache_.Put(key.id, entry, generation);
  return entry;
}

absl::Status KeyAuthenticator::CheckSecret(const StoredKey& stored, const KeyText& key, const std::string& mac) const {
  const bool is_current = crypto::SameBytes(stored.mac, mac);
  const bool is_previous = crypto::SameBytes(stored.previous_mac.empty() ? nobodys_mac_ : stored.previous_mac, mac);
  const bool right = (is_current || is_previous) && stored.key.kind == key.kind;
  return right ? absl::OkStatus() : Error(Reason::kApiKeyInvalid);
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
