// Signing in, and what an account may do about its second factor.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/telemetry/metrics.h"
#include "services/identity/user/accounts.h"
#include "services/identity/user/second_factor.h"

namespace smallbiznis::identity {

// As it was typed.
struct Proof {
  std::string email;
  std::string password;
  std::string second_factor;  // may be empty
};

struct SignedIn {
  User user;
  Session session;
};

// Thread-safe. Members without a transaction commit by themselves. They may answer RESOURCE_EXHAUSTED with reason
// TOO_MANY_ATTEMPTS or PASSWORD_BUSY.
class SignIn {
 public:
  // The arguments must outlive this.
  SignIn(UserParts parts, const Accounts& accounts, const SecondFactor& factor, telemetry::Metrics& metrics);

  // Begins a session. `replaced` ends with it (none: no session). UNAUTHENTICATED with reason LOGIN_FAILED, the same
  // answer after the same work for an address without an account and for a wrong password; with SECOND_FACTOR_REQUIRED
  // or SECOND_FACTOR_INVALID only for who knows the password. INVALID_ARGUMENT naming `email` when it is no address.
  absl::StatusOr<SignedIn> Login(const Proof& proof, const std::optional<Session>& replaced, const Asker& asker) const;

  // The same for a user whom something else than a password has proved; the second factor is still asked for.
  // UNAUTHENTICATED with reason LOGIN_FAILED when there is no such user any more, SECOND_FACTOR_REQUIRED or
  // SECOND_FACTOR_INVALID.
  absl::StatusOr<SignedIn> LoginProven(UserId user, const std::string& second_factor,
                                       const std::optional<Session>& replaced, const Asker& asker) const;

  struct Enrolled {
    std::string email;
    std::string secret;
  };
  // These work in the transaction of the caller, in platform scope; `known` has just typed his password again
  // (Accounts::Reauthenticate). Errors are those of SecondFactor; UNAUTHENTICATED with reason LOGIN_FAILED when the
  // password was changed since, with SESSION_INVALID when there is no such user any more.
  absl::StatusOr<Enrolled> EnrollTotp(db::Tx& tx, const StoredUser& known, const Asker& asker) const;
  absl::StatusOr<std::vector<std::string>> ConfirmTotp(db::Tx& tx, UserId user, std::string_view code,
                                                       const Asker& asker) const;
  // An attempt for which TakeFactorAttempt was asked before.
  absl::Status DisableTotp(db::Tx& tx, const StoredUser& known, std::string_view second_factor,
                           const Asker& asker) const;
  absl::Status TakeFactorAttempt(const StoredUser& known, const Asker& asker) const;

 private:
  // Whose password it is; LOGIN_FAILED after the same work for nobody's.
  absl::StatusOr<StoredUser> ProvePassword(const std::string& email, std::string_view password, const Asker& asker,
                                           bool* needs_rehash) const;
  absl::StatusOr<SignedIn> Begin(const StoredUser& known, const std::string& new_hash, const Proof& proof,
                                 const std::optional<Session>& replaced, const Asker& asker) const;
  absl::StatusOr<SignedIn> Try(const Proof& proof, const std::optional<Session>& replaced, const Asker& asker) const;
  absl::StatusOr<SignedIn> Counted(absl::StatusOr<SignedIn> signed_in) const;
  // `user`, locked, unless its password is not any more the one that was typed.
  absl::StatusOr<StoredUser> LockAsKnown(db::Tx& tx, const StoredUser& known) const;

  const UserParts parts_;
  const Accounts& accounts_;
  const SecondFactor& factor_;
  telemetry::Metrics& metrics_;
  UserStore store_;
};

}  // namespace smallbiznis::identity
