// The tables of users. Transactions are in platform scope.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/db/tx.h"
#include "services/identity/user/mailed_token.h"
#include "services/identity/user/user.h"

namespace smallbiznis::identity {

struct StoredUser {
  User user;
  std::string password_hash;
  std::string totp_secret;  // sealed; empty: none
  std::optional<absl::Time> totp_confirmed_at;
  std::optional<int64_t> totp_last_step;
};

// What a mailed token is for.
struct StoredToken {
  MailedTokenId id;
  Errand errand = Errand::kVerify;
  std::string email;
  std::string display_name;   // of the account to be
  std::string password_hash;  // of the account to be
  absl::Time expires_at;
  std::optional<absl::Time> mailed_at;
  std::optional<absl::Time> used_at;
};

// Thread-safe. Statements without an answer are deferred.
class UserStore {
 public:
  // False when the address has an account already.
  absl::StatusOr<bool> Insert(db::Tx& tx, const User& user, const std::string& password_hash) const;
  absl::StatusOr<std::optional<StoredUser>> FindByEmail(db::Tx& tx, const std::string& email) const;
  // The password hash of some account, chosen by `lot`, of which the lower 31 bits count; empty when there is none.
  absl::StatusOr<std::string> FindStandIn(db::Tx& tx, uint32_t lot) const;
  absl::StatusOr<std::optional<StoredUser>> Find(db::Tx& tx, UserId id) const;
  absl::StatusOr<std::optional<StoredUser>> Lock(db::Tx& tx, UserId id) const;
  void SetPassword(db::Tx& tx, UserId id, const std::string& hash, absl::Time at) const;

  struct Totp {
    std::string secret;  // sealed; empty: none
    std::optional<absl::Time> confirmed_at;
    std::optional<int64_t> last_step;
  };
  void SetTotp(db::Tx& tx, UserId id, const Totp& totp, absl::Time at) const;
  void SetTotpStep(db::Tx& tx, UserId id, int64_t step) const;
  // In place of those that there were; none: only takes those away.
  void ReplaceRecoveryCodes(db::Tx& tx, UserId id, const std::vector<std::string>& macs) const;
  // False when it is none of the user's, or was used.
  absl::StatusOr<bool> UseRecoveryCode(db::Tx& tx, UserId id, const std::string& mac, absl::Time at) const;

  void InsertToken(db::Tx& tx, const StoredToken& token, absl::Time now) const;
  absl::StatusOr<std::optional<StoredToken>> FindToken(db::Tx& tx, MailedTokenId id) const;
  absl::StatusOr<std::optional<StoredToken>> LockToken(db::Tx& tx, MailedTokenId id) const;
  void UseToken(db::Tx& tx, MailedTokenId id, absl::Time at) const;
  void MarkMailed(db::Tx& tx, MailedTokenId id, absl::Time at) const;
  // A few of those that ended before `before`.
  void DeleteTokens(db::Tx& tx, absl::Time before, int limit) const;

  struct Attempt {
    std::string subject;
    absl::Time now;
    absl::Time forgotten_before;
    int free = 0;
    absl::Duration first_pause;
    absl::Duration longest_pause;
  };
  // Counts it; nothing when the subject is blocked, and then until when says FindBlock.
  absl::StatusOr<bool> TakeAttempt(db::Tx& tx, const Attempt& attempt) const;
  absl::StatusOr<std::optional<absl::Time>> FindBlock(db::Tx& tx, const std::string& subject) const;
  void ClearAttempts(db::Tx& tx, const std::string& subject) const;
  void GiveAttemptBack(db::Tx& tx, const std::string& subject) const;
  void DeleteAttempts(db::Tx& tx, absl::Time before, int limit) const;
};

}  // namespace smallbiznis::identity
