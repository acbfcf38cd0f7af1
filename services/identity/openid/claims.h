// What a provider says: of itself, and of who signed in. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/jose/key_set.h"

namespace smallbiznis::identity {

// OpenID Connect Discovery 1.0, section 3: what of it is used here.
struct Discovery {
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string jwks_uri;
  std::string userinfo_endpoint;  // may be empty
};

// INVALID_ARGUMENT for what is no such document, and for one of another issuer.
absl::StatusOr<Discovery> ParseDiscovery(std::string_view json, std::string_view issuer);

// What a token endpoint answers; members that are absent or no texts are empty.
struct TokenAnswer {
  std::string id_token;
  std::string access_token;
  std::string error;
};

TokenAnswer ParseTokenAnswer(std::string_view json);

// Who signed in.
struct Claims {
  std::string subject;
  std::string email;  // as the provider writes it; may be empty
  bool email_verified = false;
  std::string name;  // may be empty
};

struct Expected {
  std::string issuer;
  std::string client_id;
  std::string nonce;
  absl::Time now;
};

// An ID token whose signature is right (OpenID Connect Core 1.0, 3.1.3.7). UNAUTHENTICATED, reason ID_TOKEN_REFUSED,
// naming the claim: another type of token, `iss`, `aud` (this client and nobody else), `azp`, `exp`, `nbf`, `iat` (ten
// minutes ago at most), `nonce`, `sub`.
absl::StatusOr<Claims> CheckIdToken(const jose::Verified& token, const Expected& expected);

// An answer of the UserInfo endpoint, which must be about `subject`. UNAUTHENTICATED, reason ID_TOKEN_REFUSED.
absl::StatusOr<Claims> ParseUserInfo(std::string_view json, std::string_view subject);

}  // namespace smallbiznis::identity
