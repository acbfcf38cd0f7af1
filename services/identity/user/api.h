// UserService: between messages and the domain.
#pragma once

#include <functional>
#include <string>

#include "pkg/idempotency/idempotency.h"
#include "pkg/rpc/call.h"
#include "services/identity/session/guard.h"
#include "services/identity/user/accounts.h"
#include "services/identity/user/sign_in.h"
#include "smallbiznis/identity/v1/user.pb.h"

namespace smallbiznis::identity {

// For the other services of users.
Asker AskerOf(const rpc::Call& call);
void ToProto(const User& user, const Session& session, const Guard& guard, v1::Me& out);

// Thread-safe.
class UserApi {
 public:
  struct Parts {
    db::Pool& pool;
    const Accounts& accounts;
    const SignIn& sign_in;
    const Sessions& sessions;
    const Guard& guard;
    const audit::Audit& audit;
    const idempotency::Idempotency& idempotency;
    std::string product;  // what authenticator apps show
  };
  // What `parts` refer to must outlive this.
  explicit UserApi(Parts parts) : parts_(std::move(parts)) {}

  absl::Status Register(rpc::Call& call, const v1::RegisterRequest& request, v1::RegisterResponse& response);
  absl::Status VerifyEmail(rpc::Call& call, const v1::VerifyEmailRequest& request, v1::VerifyEmailResponse& response);
  absl::Status Login(rpc::Call& call, const v1::LoginRequest& request, v1::LoginResponse& response);
  absl::Status RequestPasswordReset(rpc::Call& call, const v1::RequestPasswordResetRequest& request,
                                    v1::RequestPasswordResetResponse& response);
  absl::Status ResetPassword(rpc::Call& call, const v1::ResetPasswordRequest& request,
                             v1::ResetPasswordResponse& response);

  absl::Status Logout(rpc::Call& call, const v1::LogoutRequest& request, v1::LogoutResponse& response);
  absl::Status GetMe(rpc::Call& call, const v1::GetMeRequest& request, v1::Me& response);
  absl::Status ChangePassword(rpc::Call& call, const v1::ChangePasswordRequest& request,
                              v1::ChangePasswordResponse& response);
  absl::Status ListSessions(rpc::Call& call, const v1::ListSessionsRequest& request,
                            v1::ListSessionsResponse& response);
  absl::Status RevokeSession(rpc::Call& call, const v1::RevokeSessionRequest& request, v1::Session& response);
  absl::Status EnrollTotp(rpc::Call& call, const v1::EnrollTotpRequest& request, v1::EnrollTotpResponse& response);
  absl::Status ConfirmTotp(rpc::Call& call, const v1::ConfirmTotpRequest& request, v1::ConfirmTotpResponse& response);
  absl::Status DisableTotp(rpc::Call& call, const v1::DisableTotpRequest& request, v1::DisableTotpResponse& response);

 private:
  // `work` in a transaction of its own, once for an Idempotency-Key, which is the caller's or `holder`'s. A new answer
  // or the first one is in `response`.
  absl::Status Once(rpc::Call& call, const google::protobuf::Message& request, google::protobuf::Message& response,
                    const std::function<absl::Status(db::Tx&)>& work, std::string holder = "") const;
  absl::Status Describe(db::Tx& tx, const Session& session, v1::Me& out) const;

  const Parts parts_;
  UserStore store_;
};

}  // namespace smallbiznis::identity
