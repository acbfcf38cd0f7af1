// Proves API keys.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/listener.h"
#include "pkg/db/pool.h"
#include "pkg/rpc/principal.h"
#include "services/identity/api_key/key_cache.h"
#include "services/identity/api_key/key_text.h"
#include "services/identity/api_key/store.h"

namespace smallbiznis::identity {

// Thread-safe. UNAUTHENTICATED, reason CREDENTIALS_MALFORMED, for anything that is not a key by its form;
// API_KEY_INVALID for an unknown id and for a wrong secret alike; API_KEY_REVOKED, API_KEY_EXPIRED, API_KEY_ROTATED,
// API_KEY_MAKES_NO_CALLS and API_KEY_ORIGIN_REFUSED only for who knows the secret. A database error is passed on: a key
// that cannot be looked up is neither good nor bad.
class KeyAuthenticator final {
 public:
  // The arguments must outlive this. `cache` may be kept fresh by ListenForRevocations.
  KeyAuthenticator(db::Pool& pool, const crypto::Keyring& keyring, const clock::Clock& clock, KeyCache& cache,
                   LastUsed& last_used);

  absl::StatusOr<rpc::Principal> Authenticate(const rpc::Credentials& credentials);
  // By the cache alone; nothing when it does not know the key, or the key is refused.
  std::optional<rpc::Principal> Recognize(const rpc::Credentials& credentials);

 private:
  // What is stored of a key whose secret the caller knows.
  absl::StatusOr<std::shared_ptr<const KeyCache::Entry>> Load(const KeyText& key, const std::string& mac);
  // Whether who knows the secret of this MAC may call.
  absl::StatusOr<rpc::Principal> Admit(const KeyCache::Entry& entry, const std::string& mac,
                                       const rpc::Credentials& credentials) const;
  absl::Status CheckSecret(const StoredKey& stored, const KeyText& key, const std::string& mac) const;
  absl::StatusOr<std::optional<StoredKey>> Read(ApiKeyId id);

  db::Pool& pool_;
  const crypto::Keyring& keyring_;
  const clock::Clock& clock_;
  KeyCache& cache_;
  LastUsed& last_used_;
  Store store_;
  // Compared with when there is no such key, so that this takes as long as a wrong secret. No secret has this MAC.
  const std::string nobodys_mac_;
};

// Tells `cache` of revocations until the result is destroyed, which must be before the cache is.
std::unique_ptr<db::Listener> ListenForRevocations(const db::PoolOptions& database, KeyCache& cache);

}  // namespace smallbiznis::identity
