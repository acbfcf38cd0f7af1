// Signing in with a provider, and which of its identities belongs to which account.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/identity/openid/flow.h"
#include "services/identity/openid/provider.h"
#include "services/identity/user/accounts.h"
#include "services/identity/user/external_store.h"
#include "services/identity/user/sign_in.h"

namespace smallbiznis::identity {

// Thread-safe. Members without a transaction commit by themselves, and no transaction is open while the provider is
// asked. `cookie` is what Started or Finished gave to the browser. Those that go to the provider answer
// FAILED_PRECONDITION, reason PROVIDER_NOT_CONFIGURED, when there is none, and the errors of Provider.
class ExternalSignIn {
 public:
  // The arguments must outlive this.
  ExternalSignIn(UserParts parts, const Accounts& accounts, const SignIn& sign_in, Provider& provider)
      : parts_(parts), accounts_(accounts), sign_in_(sign_in), provider_(provider) {}

  struct Started {
    std::string authorization_url;
    std::string cookie;
  };
  absl::StatusOr<Started> StartSignIn(const Asker& asker) const;
  // Errors also those of Accounts::Reauthenticate.
  absl::StatusOr<Started> StartLink(UserId user, std::string_view password, const Asker& asker) const;

  // What the provider sent the browser back with.
  struct Returned {
    std::string cookie;
    std::string code;
    std::string state;
  };
  struct Finished {
    std::optional<SignedIn> signed_in;  // none: the second factor is missing
    std::string cookie;                 // for Confirm
  };
  // Signs in who is linked, and makes an account for who is not when the provider has verified an address that has
  // none. INVALID_ARGUMENT with reason FLOW_INVALID; FAILED_PRECONDITION with reason EXTERNAL_EMAIL_UNVERIFIED or
  // EXTERNAL_ACCOUNT_EXISTS. `replaced` as in SignIn::Login.
  absl::StatusOr<Finished> FinishSignIn(const Returned& returned, const std::optional<Session>& replaced,
                                        const Asker& asker) const;
  // The second factor after FinishSignIn. FLOW_INVALID, or the errors of SignIn::LoginProven.
  absl::StatusOr<SignedIn> Confirm(std::string_view cookie, const std::string& second_factor,
                                   const std::optional<Session>& replaced, const Asker& asker) const;
  // FLOW_INVALID; ALREADY_EXISTS with reason EXTERNAL_IDENTITY_TAKEN.
  absl::StatusOr<ExternalIdentity> FinishLink(UserId user, const Returned& returned, const Asker& asker) const;

  // NOT_FOUND, reason EXTERNAL_IDENTITY_NOT_FOUND.
  absl::Status Unlink(db::Tx& tx, UserId user, ExternalIdentityId id) const;

 private:
  absl::StatusOr<Started> Start(Stage stage, UserId user, const Asker& asker) const;
  // The flow that `returned` belongs to, and who the provider says it is.
  struct Proven {
    Flow flow;
    Claims claims;
  };
  absl::StatusOr<Proven> Prove(const Returned& returned, Stage stage, UserId user, const Asker& asker) const;
  // Ends the flow in `tx`; FLOW_INVALID when it has ended before.
  absl::Status End(db::Tx& tx, const Flow& flow) const;
  absl::StatusOr<ExternalIdentity> MakeAccount(const Claims& claims, const Asker& asker) const;
  ExternalIdentity NewIdentity(UserId user, const Claims& claims) const;

  const UserParts parts_;
  const Accounts& accounts_;
  const SignIn& sign_in_;
  Provider& provider_;
  UserStore users_;
  ExternalStore external_;
};

}  // namespace smallbiznis::identity
