// A sign-in that is under way: what its browser keeps, sealed, while it is at the provider.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "pkg/crypto/crypto.h"
#include "services/identity/openid/provider.h"
#include "services/identity/user/external_store.h"
#include "services/identity/user/user.h"

namespace smallbiznis::identity {

enum class Stage {
  kSignIn,  // at the provider, to sign in
  kLink,    // at the provider, to link an identity to `user`
  kProven,  // the provider said who it is: `identity`; the second factor is missing
};

struct Flow {
  Stage stage = Stage::kSignIn;
  Provider::Secrets secrets;    // empty when proven
  UserId user;                  // kLink, kProven
  ExternalIdentityId identity;  // kProven
  absl::Time expires_at;
};

inline constexpr absl::Duration kFlowFor = absl::Minutes(10);

// New secrets of 256 bits each.
Provider::Secrets NewSecrets();

// The value of the cookie, and back: nothing for another text, another stage, and once it has expired.
std::string SealFlow(const crypto::Keyring& keyring, const Flow& flow);
std::optional<Flow> OpenFlow(const crypto::Keyring& keyring, std::string_view value, Stage stage, absl::Time now);

}  // namespace smallbiznis::identity
