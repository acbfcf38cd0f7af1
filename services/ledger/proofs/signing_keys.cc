#include "services/ledger/proofs/signing_keys.h"

#include <fmt/format.h>
#include <utility>

#include "pkg/status/status.h"

namespace smallbiznis::ledger {
namespace {

constexpr size_t kSeedBytes = 32;

std::string SealContext(std::string_view key_id) {
  return fmt::format("ledger.signing_keys/{}", key_id);
}

std::string Text(const crypto::PublicKey& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

}  // namespace

absl::Status SigningKeys::EnsureOne(db::Pool& pool) const {
  return db::Transact(pool, {.scope = db::Scope::Platform()}, [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const std::optional<StoredKey> current, store_.CurrentKey(tx));
    return current ? absl::OkStatus() : Rotate(tx).status();
  });
}

absl::StatusOr<StoredKey> SigningKeys::Rotate(db::Tx& tx) const {
  std::string seed = crypto::RandomBytes(kSeedBytes);
  const absl::StatusOr<crypto::SigningKey> key = crypto::SigningKey::FromSeed(seed);
  RETURN_IF_ERROR(key.status());
  StoredKey stored{
      .key_id = crypto::KeyId(key->public_key()), .public_key = Text(key->public_key()), .created_at = clock_.Now()};
  stored.sealed_seed = keyring_.Seal(crypto::Purpose::kLedgerSigningKey, seed, SealContext(stored.key_id));
  crypto::Wipe(seed);
  store_.InsertKey(tx, stored);
  return stored;
}

absl::StatusOr<std::shared_ptr<const crypto::SigningKey>> SigningKeys::Current(db::Tx& tx) const {
  ASSIGN_OR_RETURN(const std::optional<StoredKey> stored, store_.CurrentKey(tx));
  if (!stored) return absl::FailedPreconditionError("the ledger has no signing key");
  const std::lock_guard lock(mutex_);
  if (current_id_ == stored->key_id) return current_;
  absl::StatusOr<std::string> seed =
      keyring_.Open(crypto::Purpose::kLedgerSigningKey, stored->sealed_seed, SealContext(stored->key_id));
  if (!seed.ok()) return absl::DataLossError("the ledger's signing key was sealed with another master secret");
  absl::StatusOr<crypto::SigningKey> key = crypto::SigningKey::FromSeed(*seed);
  crypto::Wipe(*seed);
  RETURN_IF_ERROR(key.status());
  current_ = std::make_shared<const crypto::SigningKey>(*std::move(key));
  current_id_ = stored->key_id;
  return current_;
}

}  // namespace smallbiznis::ledger
