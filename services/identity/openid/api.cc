#include "services/identity/openid/api.h"

#include <fmt/format.h>

#include "pkg/rpc/fields.h"
#include "pkg/rpc/router.h"
#include "pkg/status/status.h"
#include "services/identity/session/caller.h"
#include "services/identity/session/cookie.h"
#include "services/identity/user/api.h"

namespace smallbiznis::identity {
namespace {

void ToProto(const ExternalIdentity& identity, v1::ExternalIdentity& out) {
  out.set_external_identity_id(identity.id.ToString());
  out.set_issuer(identity.issuer);
  out.set_subject(identity.subject);
  out.set_email(identity.email);
  rpc::SetTime(identity.created_at, out.mutable_create_time());
}

}  // namespace

std::string ExternalSignInApi::FlowCookie(const rpc::Call& call) const {
  return std::string(FindCookie(call.info().authorization.cookie, cookie_name_).value_or(""));
}

std::optional<Session> ExternalSignInApi::Shown(const rpc::Call& call) const {
  const absl::StatusOr<Session> shown = guard_.Check(call.info().authorization, /*only_reads=*/true);
  return shown.ok() ? std::optional(*shown) : std::nullopt;
}

absl::Status ExternalSignInApi::SignedInAs(rpc::Call& call, const SignedIn& signed_in,
                                           const std::optional<Session>& replaced) const {
  ASSIGN_OR_RETURN(std::string cookie, sessions_.CookieFor(signed_in.session));
  if (replaced) guard_.Ended(replaced->user, call.info().authorization);
  call.SetCookie(std::move(cookie));
  call.SetCookie(ClearCookie(cookie_name_));
  call.set_principal({.subject = SubjectOf(signed_in.user.id)});
  return absl::OkStatus();
}

absl::Status ExternalSignInApi::StartSignIn(rpc::Call& call, const v1::StartSignInRequest&,
                                            v1::StartSignInResponse& response) {
  RETURN_IF_ERROR(guard_.CheckOrigin(call.info().authorization));
  ASSIGN_OR_RETURN(const ExternalSignIn::Started started, sign_in_.StartSignIn(AskerOf(call)));
  call.SetCookie(MakeCookie(cookie_name_, started.cookie, kFlowFor));
  response.set_authorization_url(started.authorization_url);
  return absl::OkStatus();
}

absl::Status ExternalSignInApi::FinishSignIn(rpc::Call& call, const v1::FinishSignInRequest& request,
                                             v1::FinishSignInResponse& response) {
  RETURN_IF_ERROR(guard_.CheckOrigin(call.info().authorization));
  const std::optional<Session> replaced = Shown(call);
  ASSIGN_OR_RETURN(const ExternalSignIn::Finished finished,
                   sign_in_.FinishSignIn({.cookie = FlowCookie(call), .code = request.code(), .state = request.state()},
                                         replaced, AskerOf(call)));
  if (!finished.signed_in) {
    call.SetCookie(MakeCookie(cookie_name_, finished.cookie, kFlowFor));
    response.set_second_factor_required(true);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(SignedInAs(call, *finished.signed_in, replaced));
  ToProto(finished.signed_in->user, finished.signed_in->session, guard_, *response.mutable_me());
  return absl::OkStatus();
}

absl::Status ExternalSignInApi::ConfirmSignIn(rpc::Call& call, const v1::ConfirmSignInRequest& request,
                                              v1::ConfirmSignInResponse& response) {
  RETURN_IF_ERROR(guard_.CheckOrigin(call.info().authorization));
  const std::optional<Session> replaced = Shown(call);
  ASSIGN_OR_RETURN(const SignedIn signed_in,
                   sign_in_.Confirm(FlowCookie(call), request.second_factor(), replaced, AskerOf(call)));
  RETURN_IF_ERROR(SignedInAs(call, signed_in, replaced));
  ToProto(signed_in.user, signed_in.session, guard_, *response.mutable_me());
  return absl::OkStatus();
}

absl::Status ExternalSignInApi::StartLink(rpc::Call& call, const v1::StartLinkRequest& request,
                                          v1::StartLinkResponse& response) {
  ASSIGN_OR_RETURN(const ExternalSignIn::Started started,
                   sign_in_.StartLink(call.principal().user, request.password(), AskerOf(call)));
  call.SetCookie(MakeCookie(cookie_name_, started.cookie, kFlowFor));
  response.set_authorization_url(started.authorization_url);
  return absl::OkStatus();
}

absl::Status ExternalSignInApi::FinishLink(rpc::Call& call, const v1::FinishLinkRequest& request,
                                           v1::ExternalIdentity& response) {
  ASSIGN_OR_RETURN(const ExternalIdentity identity,
                   sign_in_.FinishLink(call.principal().user,
                                       {.cookie = FlowCookie(call), .code = request.code(), .state = request.state()},
                                       AskerOf(call)));
  call.SetCookie(ClearCookie(cookie_name_));
  ToProto(identity, response);
  return absl::OkStatus();
}

absl::Status ExternalSignInApi::ListExternalIdentities(rpc::Call& call, const v1::ListExternalIdentitiesRequest&,
                                                       v1::ListExternalIdentitiesResponse& response) {
  ASSIGN_OR_RETURN(const std::vector<ExternalIdentity> identities, store_.List(call.tx(), call.principal().user));
  for (const ExternalIdentity& identity : identities) ToProto(identity, *response.add_external_identities());
  return absl::OkStatus();
}

absl::Status ExternalSignInApi::UnlinkExternalIdentity(rpc::Call& call,
                                                       const v1::UnlinkExternalIdentityRequest& request,
                                                       v1::UnlinkExternalIdentityResponse&) {
  const UserId user = call.principal().user;
  ASSIGN_OR_RETURN(const ExternalIdentityId id,
                   rpc::ParseId<ExternalIdentityId>("external_identity_id", request.external_identity_id()));
  RETURN_IF_ERROR(sign_in_.Unlink(call.tx(), user, id));
  call.RecordChange({.resource = fmt::format("users/{}", user.value()), .tenant = {}, .before = "", .after = ""});
  return absl::OkStatus();
}

}  // namespace smallbiznis::identity
