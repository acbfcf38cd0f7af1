// ExternalSignInService: between messages and the domain.
#pragma once

#include <optional>
#include <string>

#include "pkg/rpc/call.h"
#include "services/identity/openid/external_sign_in.h"
#include "services/identity/session/guard.h"
#include "smallbiznis/identity/v1/external_sign_in.pb.h"

namespace smallbiznis::identity {

// Thread-safe.
class ExternalSignInApi {
 public:
  // The arguments must outlive this.
  ExternalSignInApi(const ExternalSignIn& sign_in, const Sessions& sessions, const Guard& guard)
      : sign_in_(sign_in), sessions_(sessions), guard_(guard), cookie_name_(sessions.cookie_name() + "_FLOW") {}

  absl::Status StartSignIn(rpc::Call& call, const v1::StartSignInRequest& request, v1::StartSignInResponse& response);
  absl::Status FinishSignIn(rpc::Call& call, const v1::FinishSignInRequest& request,
                            v1::FinishSignInResponse& response);
  absl::Status ConfirmSignIn(rpc::Call& call, const v1::ConfirmSignInRequest& request,
                             v1::ConfirmSignInResponse& response);
  absl::Status StartLink(rpc::Call& call, const v1::StartLinkRequest& request, v1::StartLinkResponse& response);
  absl::Status FinishLink(rpc::Call& call, const v1::FinishLinkRequest& request, v1::ExternalIdentity& response);
  absl::Status ListExternalIdentities(rpc::Call& call, const v1::ListExternalIdentitiesRequest& request,
                                      v1::ListExternalIdentitiesResponse& response);
  absl::Status UnlinkExternalIdentity(rpc::Call& call, const v1::UnlinkExternalIdentityRequest& request,
                                      v1::UnlinkExternalIdentityResponse& response);

 private:
  std::string FlowCookie(const rpc::Call& call) const;
  // The session that a new one replaces.
  std::optional<Session> Shown(const rpc::Call& call) const;
  // Sets the cookies of a call that signed in.
  absl::Status SignedInAs(rpc::Call& call, const SignedIn& signed_in, const std::optional<Session>& replaced) const;

  const ExternalSignIn& sign_in_;
  const Sessions& sessions_;
  const Guard& guard_;
  const std::string cookie_name_;
  ExternalStore store_;
};

}  // namespace smallbiznis::identity
