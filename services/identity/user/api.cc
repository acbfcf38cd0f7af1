#include "services/identity/user/api.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "pkg/rpc/fields.h"
#include "pkg/rpc/kept_answer.h"
#include "pkg/rpc/router.h"
#include "pkg/status/status.h"
#include "pkg/totp/totp.h"
#include "services/identity/reason.h"
#include "services/identity/session/caller.h"

namespace smallbiznis::identity {
namespace {

void ToProto(const User& user, v1::User& out) {
  out.set_user_id(user.id.ToString());
  out.set_email(user.email);
  out.set_display_name(user.display_name);
  rpc::SetTime(user.created_at, out.mutable_create_time());
  out.set_totp_enabled(user.totp_enabled);
}

void ToProto(const Session& session, SessionId current, v1::Session& out) {
  out.set_session_id(session.id.ToString());
  out.set_address(session.address);
  rpc::SetTime(session.created_at, out.mutable_create_time());
  rpc::SetTime(session.expires_at, out.mutable_expire_time());
  out.set_current(session.id == current);
}

}  // namespace

Asker AskerOf(const rpc::Call& call) {
  const rpc::CallInfo& info = call.info();
  return {.peer = info.peer,
          .method = call.method().path,
          .request_id = info.request_id,
          .traceparent = info.traceparent,
          .deadline = info.deadline};
}

void ToProto(const User& user, const Session& session, const Guard& guard, v1::Me& out) {
  ToProto(user, *out.mutable_user());
  ToProto(session, session.id, *out.mutable_session());
  out.set_csrf_token(guard.CsrfToken(session.id));
}

absl::Status UserApi::Register(rpc::Call& call, const v1::RegisterRequest& request, v1::RegisterResponse&) {
  return parts_.accounts.Register(
      {.email = request.email(), .password = request.password(), .display_name = request.display_name()},
      AskerOf(call));
}

absl::Status UserApi::VerifyEmail(rpc::Call& call, const v1::VerifyEmailRequest& request, v1::VerifyEmailResponse&) {
  return parts_.accounts.VerifyEmail(request.token(), request.password(), AskerOf(call));
}

absl::Status UserApi::Login(rpc::Call& call, const v1::LoginRequest& request, v1::LoginResponse& response) {
  // A page of another site must not sign its visitor in as somebody else either.
  const rpc::Credentials& credentials = call.info().authorization;
  RETURN_IF_ERROR(parts_.guard.CheckOrigin(credentials));
  const absl::StatusOr<Session> shown = parts_.guard.Check(credentials, /*only_reads=*/true);
  const std::optional<Session> replaced = shown.ok() ? std::optional(*shown) : std::nullopt;
  ASSIGN_OR_RETURN(const SignedIn signed_in, parts_.sign_in.Login({.email = request.email(),
                                                                   .password = request.password(),
                                                                   .second_factor = request.second_factor()},
                                                                  replaced, AskerOf(call)));
  ASSIGN_OR_RETURN(std::string cookie, parts_.sessions.CookieFor(signed_in.session));
  if (replaced) parts_.guard.Ended(replaced->user, credentials);
  call.SetCookie(std::move(cookie));
  call.set_principal({.subject = SubjectOf(signed_in.user.id)});
  ToProto(signed_in.user, signed_in.session, parts_.guard, *response.mutable_me());
  return absl::OkStatus();
}

absl::Status UserApi::RequestPasswordReset(rpc::Call& call, const v1::RequestPasswordResetRequest& request,
                                           v1::RequestPasswordResetResponse&) {
  return parts_.accounts.RequestPasswordReset(request.email(), AskerOf(call));
}

absl::Status UserApi::ResetPassword(rpc::Call& call, const v1::ResetPasswordRequest& request,
                                    v1::ResetPasswordResponse&) {
  return parts_.accounts.ResetPassword(request.token(), request.new_password(), AskerOf(call));
}

absl::Status UserApi::Once(rpc::Call& call, const google::protobuf::Message& request,
                           google::protobuf::Message& response, const std::function<absl::Status(db::Tx&)>& work,
                           std::string holder) const {
  const rpc::KeptAnswer kept(&parts_.idempotency, call, request, std::move(holder));
  return db::Transact(parts_.pool, PlatformTx(AskerOf(call)), [&](db::Tx& tx) -> absl::Status {
    response.Clear();
    ASSIGN_OR_RETURN(const bool answered, kept.Find(tx, response));
    if (answered) return absl::OkStatus();
    RETURN_IF_ERROR(work(tx));
    kept.Save(tx, response);
    return absl::OkStatus();
  });
}

absl::Status UserApi::Logout(rpc::Call& call, const v1::LogoutRequest& request, v1::LogoutResponse& response) {
  const rpc::Principal& caller = call.principal();
  const auto work = [&](db::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(parts_.sessions.Revoke(tx, caller.user, caller.session).status());
    AddUserEvent(parts_.audit, tx, AskerOf(call), caller.user);
    return absl::OkStatus();
  };
  // A key that another session of the user has used says nothing of this one.
  RETURN_IF_ERROR(Once(call, request, response, work, fmt::format("session:{}", caller.session.value())));
  parts_.guard.Ended(caller.user, call.info().authorization);
  call.SetCookie(parts_.sessions.NoCookie());
  return absl::OkStatus();
}

absl::Status UserApi::GetMe(rpc::Call& call, const v1::GetMeRequest&, v1::Me& response) {
  ASSIGN_OR_RETURN(const Session session, parts_.sessions.Get(call.tx(), call.principal().session));
  return Describe(call.tx(), session, response);
}

absl::Status UserApi::ChangePassword(rpc::Call& call, const v1::ChangePasswordRequest& request,
                                     v1::ChangePasswordResponse& response) {
  const UserId user = call.principal().user;
  const Asker asker = AskerOf(call);
  const absl::StatusOr<Accounts::NewPassword> next =
      parts_.accounts.PrepareChange(user, request.current_password(), request.new_password(), asker);
  // In a request that is sent again the current password is the wrong one by now. It is answered as it was, after the
  // attempt was counted as any other: a key is no way to guess without end.
  const bool sent_again = status::Reason(next.status()) == Name(Reason::kPasswordWrong);
  if (!next.ok() && !sent_again) return next.status();
  Session session;
  RETURN_IF_ERROR(Once(call, request, response, [&](db::Tx& tx) -> absl::Status {
    RETURN_IF_ERROR(next.status());
    ASSIGN_OR_RETURN(session, parts_.accounts.ChangePassword(tx, *next, asker));
    return Describe(tx, session, *response.mutable_me());
  }));
  if (call.replayed()) return absl::OkStatus();  // whoever asks again has a session of his own
  ASSIGN_OR_RETURN(std::string cookie, parts_.sessions.CookieFor(session));
  parts_.guard.Ended(user, call.info().authorization);
  call.SetCookie(std::move(cookie));
  return absl::OkStatus();
}

absl::Status UserApi::ListSessions(rpc::Call& call, const v1::ListSessionsRequest&,
                                   v1::ListSessionsResponse& response) {
  ASSIGN_OR_RETURN(const std::vector<Session> sessions, parts_.sessions.List(call.tx(), call.principal().user));
  for (const Session& session : sessions) ToProto(session, call.principal().session, *response.add_sessions());
  return absl::OkStatus();
}

absl::Status UserApi::RevokeSession(rpc::Call& call, const v1::RevokeSessionRequest& request, v1::Session& response) {
  const rpc::Principal& caller = call.principal();
  ASSIGN_OR_RETURN(const SessionId id, rpc::ParseId<SessionId>("session_id", request.session_id()));
  ASSIGN_OR_RETURN(const Session ended, parts_.sessions.Revoke(call.tx(), caller.user, id));
  ToProto(ended, caller.session, response);
  call.RecordChange({.resource = fmt::format("users/{}", caller.user.value()),
                     .tenant = {},
                     .before = "",
                     .after = rpc::StableBytes(response)});
  return absl::OkStatus();
}

absl::Status UserApi::EnrollTotp(rpc::Call& call, const v1::EnrollTotpRequest& request,
                                 v1::EnrollTotpResponse& response) {
  const Asker asker = AskerOf(call);
  ASSIGN_OR_RETURN(const StoredUser user,
                   parts_.accounts.Reauthenticate(call.principal().user, request.password(), asker));
  return Once(call, request, response, [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const SignIn::Enrolled enrolled, parts_.sign_in.EnrollTotp(tx, user, asker));
    response.set_secret(totp::Base32(enrolled.secret));
    response.set_provisioning_uri(totp::ProvisioningUri(enrolled.secret, parts_.product, enrolled.email));
    return absl::OkStatus();
  });
}

absl::Status UserApi::ConfirmTotp(rpc::Call& call, const v1::ConfirmTotpRequest& request,
                                  v1::ConfirmTotpResponse& response) {
  return Once(call, request, response, [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<std::string> codes,
                     parts_.sign_in.ConfirmTotp(tx, call.principal().user, request.code(), AskerOf(call)));
    for (const std::string& code : codes) response.add_recovery_codes(code);
    return absl::OkStatus();
  });
}

absl::Status UserApi::DisableTotp(rpc::Call& call, const v1::DisableTotpRequest& request,
                                  v1::DisableTotpResponse& response) {
  const Asker asker = AskerOf(call);
  ASSIGN_OR_RETURN(const StoredUser user,
                   parts_.accounts.Reauthenticate(call.principal().user, request.password(), asker));
  RETURN_IF_ERROR(parts_.sign_in.TakeFactorAttempt(user, asker));
  return Once(call, request, response,
              [&](db::Tx& tx) { return parts_.sign_in.DisableTotp(tx, user, request.second_factor(), asker); });
}

absl::Status UserApi::Describe(db::Tx& tx, const Session& session, v1::Me& out) const {
  ASSIGN_OR_RETURN(const std::optional<StoredUser> user, store_.Find(tx, session.user));
  if (!user) return Error(Reason::kSessionInvalid);
  out.Clear();
  ToProto(user->user, session, parts_.guard, out);
  return absl::OkStatus();
}

}  // namespace smallbiznis::identity
