// Accounts: asked for, made, and their passwords set.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/audit/audit.h"
#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/pool.h"
#include "pkg/outbox/outbox.h"
#include "pkg/password/passwords.h"
#include "pkg/snowflake/generator.h"
#include "services/identity/session/sessions.h"
#include "services/identity/user/attempts.h"
#include "services/identity/user/external_store.h"
#include "services/identity/user/store.h"
#include "services/identity/user/user.h"

namespace smallbiznis::identity {

// A request as it was typed.
struct Registration {
  std::string email;
  std::string password;
  std::string display_name;
};

// What the rooms of users stand on; all must outlive them.
struct UserParts {
  db::Pool& pool;
  const crypto::Keyring& keyring;
  const clock::Clock& clock;
  snowflake::Generator& ids;
  password::Passwords& passwords;
  const Attempts& attempts;
  const Sessions& sessions;
  const outbox::Outbox& outbox;
  const audit::Audit& audit;
};

// Thread-safe. Members without a transaction commit by themselves: hashing a password takes too long to hold one
// meanwhile. They may answer RESOURCE_EXHAUSTED with reason TOO_MANY_ATTEMPTS or PASSWORD_BUSY.
class Accounts {
 public:
  explicit Accounts(UserParts parts) : parts_(parts) {}

  // Asks for an account; see UserService.Register. Does and answers the same whether or not the address has one: which
  // of two mails is sent is found out when it is sent. INVALID_ARGUMENT with the fields at fault.
  absl::Status Register(const Registration& typed, const Asker& asker) const;

  // With the password of the registration that the token was mailed for: who reads the mail may be another than who
  // asked for it. INVALID_ARGUMENT, reason MAILED_TOKEN_INVALID, for a token that is not ours, was used or has expired;
  // PERMISSION_DENIED, reason PASSWORD_WRONG.
  absl::Status VerifyEmail(std::string_view token, std::string_view password, const Asker& asker) const;

  // Does and answers the same whether or not the address has an account. INVALID_ARGUMENT naming `email`.
  absl::Status RequestPasswordReset(std::string_view email, const Asker& asker) const;

  // Also ends every session. INVALID_ARGUMENT, reason MAILED_TOKEN_INVALID or INVALID_FIELD.
  absl::Status ResetPassword(std::string_view token, std::string_view new_password, const Asker& asker) const;

  struct NewPassword {
    StoredUser user;  // as it was when the current password was typed again
    std::string hash;
  };
  // What takes too long for a transaction. PERMISSION_DENIED, reason PASSWORD_WRONG; INVALID_ARGUMENT.
  absl::StatusOr<NewPassword> PrepareChange(UserId user, std::string_view current, std::string_view new_password,
                                            const Asker& asker) const;
  // In the transaction of the caller, in platform scope. Also ends every session; answers with a new one.
  // PERMISSION_DENIED, reason PASSWORD_WRONG, when the password was changed since.
  absl::StatusOr<Session> ChangePassword(db::Tx& tx, const NewPassword& next, const Asker& asker) const;

  // The user, whose password was just typed again: what a session alone must not do. PERMISSION_DENIED, reason
  // PASSWORD_WRONG; UNAUTHENTICATED, reason SESSION_INVALID, when there is no such user any more.
  absl::StatusOr<StoredUser> Reauthenticate(UserId user, std::string_view password, const Asker& asker) const;

 private:
  absl::Status AddToken(StoredToken token, const Asker& asker) const;
  // Counts the attempt, and forgives it where the password is right.
  absl::Status CheckPassword(const std::string& email, std::string_view typed, const std::string& hash,
                             const Asker& asker) const;
  void SetPassword(db::Tx& tx, const StoredUser& user, const std::string& hash, const Asker& asker) const;

  const UserParts parts_;
  UserStore store_;
  ExternalStore external_;
};

// The transactions of users: no tenant has them.
db::TxOptions PlatformTx(const Asker& asker);

// Adds an audit row for what `asker` did to a user. Deferred.
void AddUserEvent(const audit::Audit& audit, db::Tx& tx, const Asker& asker, UserId user);

}  // namespace smallbiznis::identity
