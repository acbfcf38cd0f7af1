// Who calls, by an API key or by a session's cookie: the router's Authenticator.
#pragma once

#include "absl/status/statusor.h"
#include "pkg/rpc/principal.h"
#include "services/identity/api_key/key_authenticator.h"
#include "services/identity/session/guard.h"

namespace smallbiznis::identity {

// Thread-safe. A header is asked first: browsers send cookies unasked, a header is meant. A user calls for
// the tenant of X-Tenant-Id with the role that he has there, or for none. Errors are those of KeyAuthenticator and
// Guard; PERMISSION_DENIED, reason NOT_A_MEMBER; INVALID_ARGUMENT naming X-Tenant-Id.
class CallerAuthenticator final : public rpc::Authenticator {
 public:
  // The arguments must outlive this.
  CallerAuthenticator(KeyAuthenticator& keys, const Guard& guard) : keys_(keys), guard_(guard) {}

  absl::StatusOr<rpc::Principal> Authenticate(const rpc::Credentials& credentials) override;
  std::optional<rpc::Principal> Recognize(const rpc::Credentials& credentials) override;

 private:
  KeyAuthenticator& keys_;
  const Guard& guard_;
};

// "user:72", as audit rows and logs name a user.
std::string SubjectOf(UserId user);

}  // namespace smallbiznis::identity
