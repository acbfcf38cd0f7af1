// Proves API keys.
#pragma once

#include <memory>
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
// API_KEY_INVALID for an unknown id and for a wrong secret alike; API_KEY_REVOKED and API_KEY_EXPIRED only for who
// knows the secret. A database error is passed on: a key that cannot be looked up is neither good nor bad.
class KeyAuthenticator final {
 public:
  // The arguments must outlive this. `cache` may be kept fresh by ListenForRevocations.
  KeyAuthenticator(db::Pool& pool, const crypto::Keyring& keyring, const clock::Clock& clock, KeyCache& cache);

  absl::StatusOr<rpc::Principal> Authenticate(const rpc::Credentials& credentials);

 private:
  absl::StatusOr<rpc::Principal> AuthenticateByDatabase(const KeyText& key, const std::string& mac);
  absl::StatusOr<std::optional<StoredKey>> Read(ApiKeyId id);

  db::Pool& pool_;
  const crypto::Keyring& keyring_;
  const clock::Clock& clock_;
  KeyCache& cache_;
  Store store_;
  // Compared with when there is no such key, so that this takes as long as a wrong secret. No secret has this MAC.
  const std::string nobodys_mac_;
};

// Tells `cache` of revocations until the result is destroyed, which must be before the cache is.
std::unique_ptr<db::Listener> ListenForRevocations(const db::PoolOptions& database, KeyCache& cache);

}  // namespace smallbiznis::identity
