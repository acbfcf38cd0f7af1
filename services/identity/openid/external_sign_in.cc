#include "services/identity/openid/external_sign_in.h"

#include <utility>

#include "pkg/mail/address.h"
#include "pkg/status/status.h"
#include "pkg/text/user_text.h"
#include "services/identity/openid/reason.h"
#include "services/identity/reason.h"
#include "services/identity/user/letters.h"

namespace smallbiznis::identity {
namespace {

constexpr int kDeletedAtATime = 10;
constexpr size_t kMaxCode = 4096;
constexpr text::UserTextRules kNameRules{.max_characters = 200};

}  // namespace

absl::StatusOr<ExternalSignIn::Started> ExternalSignIn::StartSignIn(const Asker& asker) const {
  return Start(Stage::kSignIn, UserId(), asker);
}

absl::StatusOr<ExternalSignIn::Started> ExternalSignIn::StartLink(UserId user, std::string_view password,
                                                                  const Asker& asker) const {
  RETURN_IF_ERROR(accounts_.Reauthenticate(user, password, asker).status());
  return Start(Stage::kLink, user, asker);
}

absl::StatusOr<ExternalSignIn::Started> ExternalSignIn::Start(Stage stage, UserId user, const Asker& asker) const {
  if (!provider_.configured()) return Error(ExternalReason::kProviderNotConfigured);
  const Flow flow{.stage = stage,
                  .secrets = NewSecrets(),
                  .user = user,
                  .identity = {},
                  .expires_at = parts_.clock.Now() + kFlowFor};
  Started started{.authorization_url = "", .cookie = SealFlow(parts_.keyring, flow)};
  ASSIGN_OR_RETURN(started.authorization_url, provider_.AuthorizationUrl(flow.secrets, asker.deadline));
  return started;
}

absl::StatusOr<ExternalSignIn::Proven> ExternalSignIn::Prove(const Returned& returned, Stage stage, UserId user,
                                                             const Asker& asker) const {
  if (!provider_.configured()) return Error(ExternalReason::kProviderNotConfigured);
  const std::optional<Flow> flow = OpenFlow(parts_.keyring, returned.cookie, stage, parts_.clock.Now());
  if (!flow || flow->user != user || !crypto::SameBytes(flow->secrets.state, returned.state)) {
    return Error(ExternalReason::kFlowInvalid);
  }
  if (returned.code.empty() || returned.code.size() > kMaxCode) return Error(ExternalReason::kCodeRefused);
  // Each of these asks the provider for something.
  RETURN_IF_ERROR(parts_.attempts.Take({{Tried::kAddress, asker.peer}}, asker.deadline));
  ASSIGN_OR_RETURN(Claims claims, provider_.Redeem(returned.code, flow->secrets, asker.deadline));
  return Proven{.flow = *flow, .claims = std::move(claims)};
}

absl::Status ExternalSignIn::End(db::Tx& tx, const Flow& flow) const {
  external_.DeleteEndedFlows(tx, parts_.clock.Now() - kFlowFor, kDeletedAtATime);
  ASSIGN_OR_RETURN(const bool ended, external_.EndFlow(tx, crypto::Sha256(flow.secrets.state), flow.expires_at));
  return ended ? absl::OkStatus() : Error(ExternalReason::kFlowInvalid);
}

absl::StatusOr<ExternalSignIn::Finished> ExternalSignIn::FinishSignIn(const Returned& returned,
                                                                      const std::optional<Session>& replaced,
                                                                      const Asker& asker) const {
  ASSIGN_OR_RETURN(const Proven proven, Prove(returned, Stage::kSignIn, UserId(), asker));
  std::optional<ExternalIdentity> identity;
  RETURN_IF_ERROR(db::Transact(parts_.pool, PlatformTx(asker), [&](db::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(End(tx, proven.flow));
    ASSIGN_OR_RETURN(identity, external_.Find(tx, provider_.issuer(), proven.claims.subject));
    return absl::OkStatus();
  }));
  if (!identity) {
    ASSIGN_OR_RETURN(identity, MakeAccount(proven.claims, asker));
  }
  Finished finished;
  absl::StatusOr<SignedIn> signed_in = sign_in_.LoginProven(identity->user, /*second_factor=*/"", replaced, asker);
  if (signed_in.ok()) {
    finished.signed_in = *std::move(signed_in);
    return finished;
  }
  if (status::Reason(signed_in.status()) != Name(Reason::kSecondFactorRequired)) return signed_in.status();
  finished.cookie = SealFlow(parts_.keyring, {.stage = Stage::kProven,
                                              .secrets = NewSecrets(),
                                              .user = identity->user,
                                              .identity = identity->id,
                                              .expires_at = parts_.clock.Now() + kFlowFor});
  return finished;
}

absl::StatusOr<SignedIn> ExternalSignIn::Confirm(std::string_view cookie, const std::string& second_factor,
                                                 const std::optional<Session>& replaced, const Asker& asker) const {
  const std::optional<Flow> flow = OpenFlow(parts_.keyring, cookie, Stage::kProven, parts_.clock.Now());
  if (!flow) return Error(ExternalReason::kFlowInvalid);
  RETURN_IF_ERROR(parts_.attempts.Take({{Tried::kAddress, asker.peer}}, asker.deadline));
  bool linked = false;
  RETURN_IF_ERROR(db::Transact(parts_.pool, PlatformTx(asker), [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<ExternalIdentity> identities, external_.List(tx, flow->user));
    for (const ExternalIdentity& each : identities) linked = linked || each.id == flow->identity;
    return absl::OkStatus();
  }));
  if (!linked) return Error(ExternalReason::kFlowInvalid);
  return sign_in_.LoginProven(flow->user, second_factor, replaced, asker);
}

absl::StatusOr<ExternalIdentity> ExternalSignIn::MakeAccount(const Claims& claims, const Asker& asker) const {
  const absl::StatusOr<std::string> email = mail::NormaliseAddress("email", claims.email);
  if (!claims.email_verified || !email.ok()) return Error(ExternalReason::kEmailUnverified);
  // A password that nobody knows: the account gets one that somebody does by RequestPasswordReset.
  ASSIGN_OR_RETURN(const std::string hash,
                   parts_.passwords.Hash(crypto::Base64Url(crypto::RandomBytes(32)), asker.deadline));
  const User user{.id = parts_.ids.Next<UserId>(),
                  .email = *email,
                  .display_name = text::Problem(claims.name, kNameRules) ? "" : claims.name,
                  .created_at = parts_.clock.Now()};
  const ExternalIdentity identity = NewIdentity(user.id, claims);
  RETURN_IF_ERROR(db::Transact(parts_.pool, PlatformTx(asker), [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const bool made, users_.Insert(tx, user, hash));
    if (!made) return Error(ExternalReason::kAccountExists);
    ASSIGN_OR_RETURN(const bool linked, external_.Insert(tx, identity));
    if (!linked) return Error(ExternalReason::kIdentityTaken);
    AddUserEvent(parts_.audit, tx, asker, user.id);
    return absl::OkStatus();
  }));
  return identity;
}

ExternalIdentity ExternalSignIn::NewIdentity(UserId user, const Claims& claims) const {
  return {.id = parts_.ids.Next<ExternalIdentityId>(),
          .user = user,
          .issuer = provider_.issuer(),
          .subject = claims.subject,
          .email = claims.email,
          .created_at = parts_.clock.Now()};
}

absl::StatusOr<ExternalIdentity> ExternalSignIn::FinishLink(UserId user, const Returned& returned,
                                                            const Asker& asker) const {
  ASSIGN_OR_RETURN(const Proven proven, Prove(returned, Stage::kLink, user, asker));
  const ExternalIdentity identity = NewIdentity(user, proven.claims);
  RETURN_IF_ERROR(db::Transact(parts_.pool, PlatformTx(asker), [&](db::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(End(tx, proven.flow));
    ASSIGN_OR_RETURN(const bool linked, external_.Insert(tx, identity));
    if (!linked) return Error(ExternalReason::kIdentityTaken);
    parts_.attempts.Forgive(tx, {{Tried::kAddress, asker.peer}});
    AskFor(parts_.outbox, tx, Letter::Of(user, Notice::kIdentityLinked), asker.traceparent);
    AddUserEvent(parts_.audit, tx, asker, user);
    return absl::OkStatus();
  }));
  return identity;
}

absl::Status ExternalSignIn::Unlink(db::Tx& tx, UserId user, ExternalIdentityId id) const {
  ASSIGN_OR_RETURN(const bool deleted, external_.Delete(tx, user, id));
  return deleted ? absl::OkStatus() : Error(ExternalReason::kIdentityNotFound);
}

}  // namespace smallbiznis::identity
