// The second factor of a user: an authenticator app, and recovery codes for when it is gone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/tx.h"
#include "services/identity/user/store.h"

namespace smallbiznis::identity {

// Thread-safe. Everything happens in the caller's transaction, in platform scope, on a user that it has locked.
class SecondFactor {
 public:
  // The arguments must outlive this.
  SecondFactor(const crypto::Keyring& keyring, const clock::Clock& clock) : keyring_(keyring), clock_(clock) {}

  // A new secret that counts once it is confirmed; one that never was is replaced. FAILED_PRECONDITION, reason
  // TOTP_ALREADY_ENABLED.
  absl::StatusOr<std::string> Enroll(db::Tx& tx, const StoredUser& user) const;

  // Takes a code of the new secret and answers with the recovery codes. FAILED_PRECONDITION, reason
  // TOTP_ALREADY_ENABLED or TOTP_NOT_ENROLLED; UNAUTHENTICATED, reason SECOND_FACTOR_INVALID.
  absl::StatusOr<std::vector<std::string>> Confirm(db::Tx& tx, const StoredUser& user, std::string_view code) const;

  // Uses up a code of the app, or a recovery code. UNAUTHENTICATED, reason SECOND_FACTOR_INVALID; FAILED_PRECONDITION,
  // reason TOTP_NOT_ENABLED, when the user has none.
  absl::Status Prove(db::Tx& tx, const StoredUser& user, std::string_view code) const;

  // Takes app and recovery codes away.
  void Disable(db::Tx& tx, const StoredUser& user) const;

 private:
  absl::StatusOr<std::string> Open(const StoredUser& user) const;

  const crypto::Keyring& keyring_;
  const clock::Clock& clock_;
  UserStore store_;
};

}  // namespace smallbiznis::identity
