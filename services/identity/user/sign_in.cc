#include "services/identity/user/sign_in.h"

#include <optional>
#include <utility>

#include "pkg/mail/address.h"
#include "pkg/password/policy.h"
#include "pkg/status/status.h"
#include "services/identity/reason.h"
#include "services/identity/user/letters.h"

namespace smallbiznis::identity {
namespace {

std::vector<Subject> SubjectsOf(const std::string& email, const Asker& asker) {
  return {{Tried::kAccount, email}, {Tried::kAddress, asker.peer}};
}

Subject FactorOf(const std::string& email) {
  return {Tried::kSecondFactor, email};
}

// Whose hash stands in for an address without an account: the same one each time, and nobody can tell which.
uint32_t LotOf(const crypto::Keyring& keyring, const std::string& email) {
  const std::string mac = keyring.Mac(crypto::Purpose::kStandIn, email);
  uint32_t lot = 0;
  for (size_t i = 0; i < sizeof lot; ++i) lot = lot << 8 | static_cast<unsigned char>(mac[i]);
  return lot;
}

// How a sign-in ended, as a label: reasons are few, and none is about one account.
std::string OutcomeOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::string reason = status::Reason(status);
  return reason.empty() ? "ERROR" : reason;
}

}  // namespace

SignIn::SignIn(UserParts parts, const Accounts& accounts, const SecondFactor& factor, telemetry::Metrics& metrics)
    : parts_(parts), accounts_(accounts), factor_(factor), metrics_(metrics) {}

absl::StatusOr<SignedIn> SignIn::Login(const Proof& proof, const std::optional<Session>& replaced,
                                       const Asker& asker) const {
  return Counted(Try(proof, replaced, asker));
}

absl::StatusOr<SignedIn> SignIn::LoginProven(UserId id, const std::string& second_factor,
                                             const std::optional<Session>& replaced, const Asker& asker) const {
  std::optional<StoredUser> user;
  RETURN_IF_ERROR(db::Transact(parts_.pool, PlatformTx(asker), [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(user, store_.Find(tx, id));
    return absl::OkStatus();
  }));
  if (!user) return Counted(Error(Reason::kLoginFailed));
  const Proof proof{.email = user->user.email, .password = "", .second_factor = second_factor};
  return Counted(Begin(*user, /*new_hash=*/"", proof, replaced, asker));
}

absl::StatusOr<SignedIn> SignIn::Counted(absl::StatusOr<SignedIn> signed_in) const {
  metrics_
      .Counter({"identity_logins_total", "Sign-ins by how they ended."}, {{"outcome", OutcomeOf(signed_in.status())}})
      .Increment();
  return signed_in;
}

absl::StatusOr<SignedIn> SignIn::Try(const Proof& proof, const std::optional<Session>& replaced,
                                     const Asker& asker) const {
  ASSIGN_OR_RETURN(const std::string email, mail::NormaliseAddress("email", proof.email));
  RETURN_IF_ERROR(parts_.attempts.Take(SubjectsOf(email, asker), asker.deadline));
  bool needs_rehash = false;
  ASSIGN_OR_RETURN(const StoredUser known, ProvePassword(email, proof.password, asker, &needs_rehash));
  std::string new_hash;
  if (needs_rehash) {
    ASSIGN_OR_RETURN(const std::string form, password::Prepare("password", proof.password));
    ASSIGN_OR_RETURN(new_hash, parts_.passwords.Hash(form, asker.deadline));
  }
  return Begin(known, new_hash, proof, replaced, asker);
}

absl::StatusOr<StoredUser> SignIn::ProvePassword(const std::string& email, std::string_view password,
                                                 const Asker& asker, bool* needs_rehash) const {
  std::optional<StoredUser> user;
  std::string stand_in;
  RETURN_IF_ERROR(db::Transact(parts_.pool, PlatformTx(asker), [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(user, store_.FindByEmail(tx, email));
    ASSIGN_OR_RETURN(stand_in, store_.FindStandIn(tx, LotOf(parts_.keyring, email)));
    return absl::OkStatus();
  }));
  // A password that cannot be one is hashed as any other, for the same work.
  const absl::StatusOr<std::string> form = password::Prepare("password", password);
  const std::string typed = form.ok() ? *form : std::string();
  if (!user) {
    RETURN_IF_ERROR(parts_.passwords.VerifyNobody(typed, stand_in, asker.deadline));
    return Error(Reason::kLoginFailed);
  }
  ASSIGN_OR_RETURN(const password::Verdict verdict,
                   parts_.passwords.Verify(typed, user->password_hash, asker.deadline));
  if (!verdict.right || !form.ok()) return Error(Reason::kLoginFailed);
  *needs_rehash = verdict.needs_rehash;
  return *std::move(user);
}

absl::StatusOr<SignedIn> SignIn::Begin(const StoredUser& known, const std::string& new_hash, const Proof& proof,
                                       const std::optional<Session>& replaced, const Asker& asker) const {
  SignedIn signed_in;
  bool asks_for_more = false;
  if (!proof.second_factor.empty()) {
    RETURN_IF_ERROR(parts_.attempts.Take({FactorOf(known.user.email)}, asker.deadline));
  }
  RETURN_IF_ERROR(db::Transact(parts_.pool, PlatformTx(asker), [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const StoredUser user, LockAsKnown(tx, known));
    asks_for_more = user.totp_confirmed_at.has_value() && proof.second_factor.empty();
    if (user.totp_confirmed_at && !asks_for_more) RETURN_IF_ERROR(factor_.Prove(tx, user, proof.second_factor));
    parts_.attempts.Forgive(tx, SubjectsOf(user.user.email, asker));
    if (asks_for_more) return absl::OkStatus();
    parts_.attempts.Forgive(tx, {FactorOf(user.user.email)});
    if (!new_hash.empty()) store_.SetPassword(tx, user.user.id, new_hash, parts_.clock.Now());
    if (replaced) RETURN_IF_ERROR(parts_.sessions.Revoke(tx, replaced->user, replaced->id).status());
    signed_in = {.user = user.user, .session = parts_.sessions.Begin(tx, user.user.id, asker.peer)};
    AddUserEvent(parts_.audit, tx, asker, user.user.id);
    return absl::OkStatus();
  }));
  if (asks_for_more) return Error(Reason::kSecondFactorRequired);
  return signed_in;
}

absl::StatusOr<StoredUser> SignIn::LockAsKnown(db::Tx& tx, const StoredUser& known) const {
  ASSIGN_OR_RETURN(std::optional<StoredUser> user, store_.Lock(tx, known.user.id));
  if (!user || user->password_hash != known.password_hash) return Error(Reason::kLoginFailed);
  return *std::move(user);
}

absl::StatusOr<SignIn::Enrolled> SignIn::EnrollTotp(db::Tx& tx, const StoredUser& known, const Asker& asker) const {
  ASSIGN_OR_RETURN(const StoredUser user, LockAsKnown(tx, known));
  ASSIGN_OR_RETURN(std::string secret, factor_.Enroll(tx, user));
  AddUserEvent(parts_.audit, tx, asker, user.user.id);
  return Enrolled{.email = user.user.email, .secret = std::move(secret)};
}

absl::StatusOr<std::vector<std::string>> SignIn::ConfirmTotp(db::Tx& tx, UserId id, std::string_view code,
                                                             const Asker& asker) const {
  ASSIGN_OR_RETURN(const std::optional<StoredUser> user, store_.Lock(tx, id));
  if (!user) return Error(Reason::kSessionInvalid);
  ASSIGN_OR_RETURN(std::vector<std::string> codes, factor_.Confirm(tx, *user, code));
  AskFor(parts_.outbox, tx, Letter::Of(id, Notice::kTotpEnabled), asker.traceparent);
  AddUserEvent(parts_.audit, tx, asker, id);
  return codes;
}

absl::Status SignIn::TakeFactorAttempt(const StoredUser& known, const Asker& asker) const {
  return parts_.attempts.Take({FactorOf(known.user.email)}, asker.deadline);
}

absl::Status SignIn::DisableTotp(db::Tx& tx, const StoredUser& known, std::string_view second_factor,
                                 const Asker& asker) const {
  ASSIGN_OR_RETURN(const StoredUser user, LockAsKnown(tx, known));
  RETURN_IF_ERROR(factor_.Prove(tx, user, second_factor));
  parts_.attempts.Forgive(tx, {FactorOf(known.user.email)});
  factor_.Disable(tx, user);
  AskFor(parts_.outbox, tx, Letter::Of(user.user.id, Notice::kTotpDisabled), asker.traceparent);
  AddUserEvent(parts_.audit, tx, asker, user.user.id);
  return absl::OkStatus();
}

}  // namespace smallbiznis::identity
