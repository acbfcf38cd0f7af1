// The keys that sign tree heads. The newest signs; heads signed by earlier ones stay valid for ever.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/crypto/signing.h"
#include "pkg/db/pool.h"
#include "services/ledger/proofs/proof_store.h"

namespace smallbiznis::ledger {

// Thread-safe.
class SigningKeys {
 public:
  // Both must outlive this.
  SigningKeys(const crypto::Keyring& keyring, const clock::Clock& clock) : keyring_(keyring), clock_(clock) {}

  // Makes the first key, if there is none. Two processes that start together may make two: both are good.
  absl::Status EnsureOne(db::Pool& pool) const;

  // A new key; it signs from the commit on. In platform scope; the statement is deferred.
  absl::StatusOr<StoredKey> Rotate(db::Tx& tx) const;

  // The key that signs. FAILED_PRECONDITION when there is none; DATA_LOSS when it cannot be opened with this program's
  // master secret.
  absl::StatusOr<std::shared_ptr<const crypto::SigningKey>> Current(db::Tx& tx) const;

 private:
  const crypto::Keyring& keyring_;
  const clock::Clock& clock_;
  ProofStore store_;
  mutable std::mutex mutex_;
  // The last one that signed: opened once.
  mutable std::string current_id_ ABSL_GUARDED_BY(mutex_);
  mutable std::shared_ptr<const crypto::SigningKey> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::ledger
