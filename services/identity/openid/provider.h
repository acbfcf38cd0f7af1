// The OpenID Connect provider that the settings OPENID name: authorization code flow with PKCE.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/fetch/fetch.h"
#include "pkg/jose/key_set.h"
#include "pkg/log/logger.h"
#include "services/identity/openid/claims.h"
#include "services/identity/openid/kept.h"

namespace smallbiznis::identity {

// Thread-safe. Its document and its keys are kept for an hour, and longer while it cannot be reached; an unknown key is
// asked for at most once a minute. All may answer UNAVAILABLE, reason PROVIDER_UNAVAILABLE; why is in the log.
class Provider {
 public:
  struct Options {
    std::string issuer;  // "https://accounts.example"; empty: there is no provider
    std::string client_id;
    std::string client_secret;
    std::string redirect_url;  // the page that takes code and state, and calls us with them
  };
  // The arguments must outlive this.
  Provider(Options options, fetch::Client& client, const clock::Clock& clock, const log::Logger& logger);

  bool configured() const { return !options_.issuer.empty(); }
  const std::string& issuer() const { return options_.issuer; }

  // What ties an answer of the provider to the browser and the call that asked.
  struct Secrets {
    std::string state;
    std::string nonce;
    std::string verifier;  // PKCE, RFC 7636
  };
  // Where a browser signs in.
  absl::StatusOr<std::string> AuthorizationUrl(const Secrets& secrets, absl::Time deadline);

  // Who signed in. UNAUTHENTICATED: reason CODE_REFUSED when the provider does not take the code, or one of
  // jose::KeySet::Verify and CheckIdToken.
  absl::StatusOr<Claims> Redeem(const std::string& code, const Secrets& secrets, absl::Time deadline);

 private:
  absl::StatusOr<std::shared_ptr<const Discovery>> Discover(absl::Time deadline);
  absl::StatusOr<TokenAnswer> Exchange(const std::string& code, const Secrets& secrets, absl::Time deadline);
  absl::StatusOr<jose::Verified> Verify(const std::string& token, absl::Time deadline);
  absl::StatusOr<std::string> Read(const fetch::Request& request, absl::Time deadline);
  absl::Status Unavailable(std::string_view what, const absl::Status& why) const;

  const Options options_;
  fetch::Client& client_;
  const clock::Clock& clock_;
  const log::Logger& logger_;
  Kept<Discovery> discovery_;
  Kept<jose::KeySet> keys_;
};

}  // namespace smallbiznis::identity
