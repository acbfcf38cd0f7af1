#include "services/identity/user/accounts.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "pkg/mail/address.h"
#include "pkg/password/policy.h"
#include "pkg/status/status.h"
#include "pkg/text/user_text.h"
#include "services/identity/reason.h"
#include "services/identity/session/caller.h"
#include "services/identity/user/letters.h"

namespace smallbiznis::identity {
namespace {

constexpr absl::Duration kVerifyFor = absl::Hours(24);
constexpr absl::Duration kResetFor = absl::Hours(1);
constexpr absl::Duration kTokensKeptFor = absl::Hours(24 * 7);
constexpr int kDeletedAtATime = 10;
constexpr text::UserTextRules kNameRules{.max_characters = 200};

// Takes the value of `from`, or notes what is wrong with it.
template <class Value>
void TakeOrNote(absl::StatusOr<Value> from, Value* to, std::vector<status::FieldViolation>* violations) {
  if (from.ok()) {
    *to = *std::move(from);
  } else {
    for (status::FieldViolation& each : status::FieldViolations(from.status())) violations->push_back(std::move(each));
  }
}

struct Checked {
  std::string email;
  std::string password;
};

absl::StatusOr<Checked> Check(const Registration& typed) {
  Checked checked;
  std::vector<status::FieldViolation> violations;
  TakeOrNote(mail::NormaliseAddress("email", typed.email), &checked.email, &violations);
  TakeOrNote(password::Prepare("password", typed.password), &checked.password, &violations);
  if (const auto problem = text::Problem(typed.display_name, kNameRules))
    violations.push_back({"display_name", *problem});
  if (!violations.empty()) return status::InvalidFields(std::move(violations));
  return checked;
}

// A token's row that its bearer may use now.
absl::Status CheckUsable(const std::optional<StoredToken>& token, Errand errand, absl::Time now) {
  const bool usable = token && token->errand == errand && !token->used_at && token->expires_at > now;
  return usable ? absl::OkStatus() : Error(Reason::kMailedTokenInvalid);
}

}  // namespace

db::TxOptions PlatformTx(const Asker& asker) {
  return {.scope = db::Scope::Platform(), .deadline = asker.deadline};
}

void AddUserEvent(const audit::Audit& audit, db::Tx& tx, const Asker& asker, UserId user) {
  audit.Add(tx, {.tenant = TenantId(),
                 .principal = SubjectOf(user),
                 .method = asker.method,
                 .resource = fmt::format("users/{}", user.value()),
                 .before_digest = "",
                 .after_digest = "",
                 .request_id = asker.request_id});
}

absl::Status Accounts::Register(const Registration& typed, const Asker& asker) const {
  ASSIGN_OR_RETURN(Checked checked, Check(typed));
  RETURN_IF_ERROR(
      parts_.attempts.Take({{Tried::kMailbox, checked.email}, {Tried::kMailAddress, asker.peer}}, asker.deadline));
  ASSIGN_OR_RETURN(std::string hash, parts_.passwords.Hash(checked.password, asker.deadline));
  return AddToken({.id = {},
                   .errand = Errand::kVerify,
                   .email = std::move(checked.email),
                   .display_name = typed.display_name,
                   .password_hash = std::move(hash),
                   .expires_at = parts_.clock.Now() + kVerifyFor},
                  asker);
}

absl::Status Accounts::RequestPasswordReset(std::string_view email, const Asker& asker) const {
  ASSIGN_OR_RETURN(std::string address, mail::NormaliseAddress("email", email));
  RETURN_IF_ERROR(
      parts_.attempts.Take({{Tried::kMailbox, address}, {Tried::kMailAddress, asker.peer}}, asker.deadline));
  return AddToken(
      {.id = {}, .errand = Errand::kReset, .email = std::move(address), .expires_at = parts_.clock.Now() + kResetFor},
      asker);
}

absl::Status Accounts::AddToken(StoredToken token, const Asker& asker) const {
  token.id = parts_.ids.Next<MailedTokenId>();
  return db::Transact(parts_.pool, PlatformTx(asker), [&](db::Tx& tx) {
    const absl::Time now = parts_.clock.Now();
    store_.DeleteTokens(tx, now - kTokensKeptFor, kDeletedAtATime);
    store_.InsertToken(tx, token, now);
    AskFor(parts_.outbox, tx, Letter::Of(token.id), asker.traceparent);
    parts_.audit.Add(tx, {.tenant = TenantId(),
                          .principal = "",
                          .method = asker.method,
                          .resource = fmt::format("mailedTokens/{}", token.id.value()),
                          .before_digest = "",
                          .after_digest = "",
                          .request_id = asker.request_id});
    return absl::OkStatus();
  });
}

absl::Status Accounts::VerifyEmail(std::string_view token, std::string_view password, const Asker& asker) const {
  const std::optional<MailedTokenId> id = OpenMailedToken(parts_.keyring, token, Errand::kVerify);
  if (!id) return Error(Reason::kMailedTokenInvalid);
  std::optional<StoredToken> stored;
  RETURN_IF_ERROR(db::Transact(parts_.pool, PlatformTx(asker), [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(stored, store_.FindToken(tx, *id));
    return CheckUsable(stored, Errand::kVerify, parts_.clock.Now());
  }));
  RETURN_IF_ERROR(CheckPassword(stored->email, password, stored->password_hash, asker));
  return db::Transact(parts_.pool, PlatformTx(asker), [&](db::Tx& tx) -> absl::Status {
    const absl::Time now = parts_.clock.Now();
    ASSIGN_OR_RETURN(stored, store_.LockToken(tx, *id));
    RETURN_IF_ERROR(CheckUsable(stored, Errand::kVerify, now));
    store_.UseToken(tx, *id, now);
    const User user{.id = parts_.ids.Next<UserId>(),
                    .email = stored->email,
                    .display_name = stored->display_name,
                    .created_at = now};
    // Of two registrations of one address the one that is confirmed first makes the account; the other changes nothing.
    ASSIGN_OR_RETURN(const bool made, store_.Insert(tx, user, stored->password_hash));
    if (made) AddUserEvent(parts_.audit, tx, asker, user.id);
    return absl::OkStatus();
  });
}

absl::Status Accounts::ResetPassword(std::string_view token, std::string_view new_password, const Asker& asker) const {
  const std::optional<MailedTokenId> id = OpenMailedToken(parts_.keyring, token, Errand::kReset);
  if (!id) return Error(Reason::kMailedTokenInvalid);
  ASSIGN_OR_RETURN(const std::string form, password::Prepare("new_password", new_password));
  ASSIGN_OR_RETURN(const std::string hash, parts_.passwords.Hash(form, asker.deadline));
  return db::Transact(parts_.pool, PlatformTx(asker), [&](db::Tx& tx) -> absl::Status {
    const absl::Time now = parts_.clock.Now();
    ASSIGN_OR_RETURN(const std::optional<StoredToken> stored, store_.LockToken(tx, *id));
    RETURN_IF_ERROR(CheckUsable(stored, Errand::kReset, now));
    ASSIGN_OR_RETURN(const std::optional<StoredUser> user, store_.FindByEmail(tx, stored->email));
    if (!user) return Error(Reason::kMailedTokenInvalid);
    store_.UseToken(tx, *id, now);
    // Who proves the mailbox has the account to themselves: whoever linked an identity before may have been another.
    external_.DeleteAll(tx, user->user.id);
    SetPassword(tx, *user, hash, asker);
    return absl::OkStatus();
  });
}

absl::Status Accounts::CheckPassword(const std::string& email, std::string_view typed, const std::string& hash,
                                     const Asker& asker) const {
  const std::vector<Subject> subjects = {{Tried::kAccount, email}, {Tried::kAddress, asker.peer}};
  RETURN_IF_ERROR(parts_.attempts.Take(subjects, asker.deadline));
  const absl::StatusOr<std::string> form = password::Prepare("password", typed);
  ASSIGN_OR_RETURN(const password::Verdict verdict,
                   parts_.passwords.Verify(form.ok() ? *form : "", hash, asker.deadline));
  if (!verdict.right || !form.ok()) return Error(Reason::kPasswordWrong);
  return db::Transact(parts_.pool, PlatformTx(asker), [&](db::Tx& tx) {
    parts_.attempts.Forgive(tx, subjects);
    return absl::OkStatus();
  });
}

absl::StatusOr<StoredUser> Accounts::Reauthenticate(UserId id, std::string_view password, const Asker& asker) const {
  std::optional<StoredUser> user;
  RETURN_IF_ERROR(db::Transact(parts_.pool, PlatformTx(asker), [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(user, store_.Find(tx, id));
    return absl::OkStatus();
  }));
  if (!user) return Error(Reason::kSessionInvalid);
  RETURN_IF_ERROR(CheckPassword(user->user.email, password, user->password_hash, asker));
  return *std::move(user);
}

absl::StatusOr<Accounts::NewPassword> Accounts::PrepareChange(UserId id, std::string_view current,
                                                              std::string_view new_password, const Asker& asker) const {
  ASSIGN_OR_RETURN(const std::string form, password::Prepare("new_password", new_password));
  ASSIGN_OR_RETURN(StoredUser user, Reauthenticate(id, current, asker));
  ASSIGN_OR_RETURN(std::string hash, parts_.passwords.Hash(form, asker.deadline));
  return NewPassword{std::move(user), std::move(hash)};
}

absl::StatusOr<Session> Accounts::ChangePassword(db::Tx& tx, const NewPassword& next, const Asker& asker) const {
  ASSIGN_OR_RETURN(const std::optional<StoredUser> user, store_.Lock(tx, next.user.user.id));
  // Somebody else changed it while we hashed: what was typed is not the current password any more.
  if (!user || user->password_hash != next.user.password_hash) return Error(Reason::kPasswordWrong);
  SetPassword(tx, *user, next.hash, asker);
  return parts_.sessions.Begin(tx, user->user.id, asker.peer);
}

void Accounts::SetPassword(db::Tx& tx, const StoredUser& user, const std::string& hash, const Asker& asker) const {
  store_.SetPassword(tx, user.user.id, hash, parts_.clock.Now());
  parts_.sessions.RevokeAll(tx, user.user.id);
  parts_.attempts.Forgive(tx, {{Tried::kAccount, user.user.email}});
  AskFor(parts_.outbox, tx, Letter::Of(user.user.id, Notice::kPasswordChanged), asker.traceparent);
  AddUserEvent(parts_.audit, tx, asker, user.user.id);
}

}  // namespace smallbiznis::identity
