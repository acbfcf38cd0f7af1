#include "services/identity/user/store.h"

#include "pkg/status/status.h"
#include "services/identity/user/queries.h"

namespace smallbiznis::identity {
namespace {

namespace sql = identity_user::sql;

// Columns in the order in which every select names them.
std::optional<StoredUser> UserOf(const db::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  const db::Row row = rows[0];
  StoredUser stored{.user = {.id = UserId(row.Int64(0)),
                             .email = std::string(row.Text(1)),
                             .display_name = std::string(row.Text(2)),
                             .created_at = row.Time(3)},
                    .password_hash = std::string(row.Text(4)),
                    .totp_secret = row.IsNull(5) ? "" : row.Bytes(5),
                    .totp_confirmed_at = row.OptionalTime(6),
                    .totp_last_step = row.OptionalInt64(7)};
  stored.user.totp_enabled = stored.totp_confirmed_at.has_value();
  return stored;
}

std::optional<StoredToken> TokenOf(const db::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  const db::Row row = rows[0];
  return StoredToken{.id = MailedTokenId(row.Int64(0)),
                     .errand = row.Text(1) == NameOf(Errand::kVerify) ? Errand::kVerify : Errand::kReset,
                     .email = std::string(row.Text(2)),
                     .display_name = std::string(row.Raw(3)),
                     .password_hash = std::string(row.Raw(4)),
                     .expires_at = row.Time(5),
                     .mailed_at = row.OptionalTime(6),
                     .used_at = row.OptionalTime(7)};
}

std::optional<db::Bytes> BytesOrNull(const std::string& bytes) {
  return bytes.empty() ? std::nullopt : std::optional(db::Bytes{bytes});
}

std::optional<std::string> AccountOnly(const StoredToken& token, const std::string& text) {
  return token.errand == Errand::kVerify ? std::optional(text) : std::nullopt;
}

}  // namespace

absl::StatusOr<bool> UserStore::Insert(db::Tx& tx, const User& user, const std::string& password_hash) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kInsertUser, {user.id, user.email, user.display_name,
                                                                    password_hash, user.created_at}));
  return !rows.empty();
}

absl::StatusOr<std::optional<StoredUser>> UserStore::FindByEmail(db::Tx& tx, const std::string& email) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindUserByEmail, {email}));
  return UserOf(rows);
}

absl::StatusOr<std::string> UserStore::FindStandIn(db::Tx& tx, uint32_t lot) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindStandIn, {int64_t{lot & 0x7fffffff}}));
  return rows.empty() ? std::string() : std::string(rows[0].Text(0));
}

absl::StatusOr<std::optional<StoredUser>> UserStore::Find(db::Tx& tx, UserId id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindUser, {id}));
  return UserOf(rows);
}

absl::StatusOr<std::optional<StoredUser>> UserStore::Lock(db::Tx& tx, UserId id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kLockUser, {id}));
  return UserOf(rows);
}

void UserStore::SetPassword(db::Tx& tx, UserId id, const std::string& hash, absl::Time at) const {
  tx.Defer(sql::kSetPassword, {id, hash, at});
}

void UserStore::SetTotp(db::Tx& tx, UserId id, const Totp& totp, absl::Time at) const {
  tx.Defer(sql::kSetTotp, {id, BytesOrNull(totp.secret), totp.confirmed_at, totp.last_step, at});
}

void UserStore::SetTotpStep(db::Tx& tx, UserId id, int64_t step) const {
  tx.Defer(sql::kSetTotpStep, {id, step});
}

void UserStore::ReplaceRecoveryCodes(db::Tx& tx, UserId id, const std::vector<std::string>& macs) const {
  tx.Defer(sql::kDeleteRecoveryCodes, {id});
  if (macs.empty()) return;
  std::vector<db::Bytes> bytes;
  for (const std::string& mac : macs) bytes.push_back({mac});
  tx.Defer(sql::kInsertRecoveryCodes, {id, bytes});
}

absl::StatusOr<bool> UserStore::UseRecoveryCode(db::Tx& tx, UserId id, const std::string& mac, absl::Time at) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kUseRecoveryCode, {id, db::Bytes{mac}, at}));
  return !rows.empty();
}

void UserStore::InsertToken(db::Tx& tx, const StoredToken& token, absl::Time now) const {
  tx.Defer(sql::kInsertMailedToken,
           {token.id, NameOf(token.errand), token.email, AccountOnly(token, token.display_name),
            AccountOnly(token, token.password_hash), now, token.expires_at});
}

absl::StatusOr<std::optional<StoredToken>> UserStore::FindToken(db::Tx& tx, MailedTokenId id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindMailedToken, {id}));
  return TokenOf(rows);
}

absl::StatusOr<std::optional<StoredToken>> UserStore::LockToken(db::Tx& tx, MailedTokenId id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kLockMailedToken, {id}));
  return TokenOf(rows);
}

void UserStore::UseToken(db::Tx& tx, MailedTokenId id, absl::Time at) const {
  tx.Defer(sql::kUseMailedToken, {id, at});
}

void UserStore::MarkMailed(db::Tx& tx, MailedTokenId id, absl::Time at) const {
  tx.Defer(sql::kMarkMailed, {id, at});
}

void UserStore::DeleteTokens(db::Tx& tx, absl::Time before, int limit) const {
  tx.Defer(sql::kDeleteMailedTokens, {before, int64_t{limit}});
}

absl::StatusOr<bool> UserStore::TakeAttempt(db::Tx& tx, const Attempt& attempt) const {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   tx.Query(sql::kTakeAttempt, {db::Bytes{attempt.subject}, attempt.now, attempt.forgotten_before,
                                                attempt.free, absl::ToInt64Microseconds(attempt.first_pause),
                                                absl::ToInt64Microseconds(attempt.longest_pause)}));
  return !rows.empty();
}

absl::StatusOr<std::optional<absl::Time>> UserStore::FindBlock(db::Tx& tx, const std::string& subject) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindBlock, {db::Bytes{subject}}));
  if (rows.empty()) return std::nullopt;
  return rows[0].Time(0);
}

void UserStore::ClearAttempts(db::Tx& tx, const std::string& subject) const {
  tx.Defer(sql::kClearAttempts, {db::Bytes{subject}});
}

void UserStore::GiveAttemptBack(db::Tx& tx, const std::string& subject) const {
  tx.Defer(sql::kGiveAttemptBack, {db::Bytes{subject}});
}

void UserStore::DeleteAttempts(db::Tx& tx, absl::Time before, int limit) const {
  tx.Defer(sql::kDeleteAttempts, {before, int64_t{limit}});
}

}  // namespace smallbiznis::identity
