#include "services/identity/openid/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "pkg/crypto/crypto.h"
#include "pkg/status/status.h"

namespace smallbiznis::identity {
namespace {

using nlohmann::json;

constexpr absl::Duration kSkew = absl::Seconds(30);  // between their clock and ours
constexpr absl::Duration kMaxAge = absl::Minutes(10);
constexpr size_t kMaxSubject = 255;
constexpr size_t kMaxEmail = 254;

json ParseObject(std::string_view text) {
  json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  return parsed.is_object() ? parsed : json::object();
}

std::string TextOf(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<absl::Time> TimeOf(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return absl::UnixEpoch() + absl::Seconds(found->get<double>());
}

absl::Status Refused(std::string_view what) {
  return status::Error(absl::StatusCode::kUnauthenticated, "ID_TOKEN_REFUSED",
                       fmt::format("the provider's answer is refused: {}", what));
}

bool IsFor(const json& audience, const std::string& client) {
  if (audience.is_array()) return audience.size() == 1 && audience[0] == client;
  return audience.is_string() && audience == client;
}

bool IsIdTokenType(std::string type) {
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return type.empty() || type == "jwt";
}

bool IsSubject(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSubject &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

absl::Status CheckTimes(const json& token, absl::Time now) {
  const std::optional<absl::Time> expires = TimeOf(token, "exp"), issued = TimeOf(token, "iat");
  if (!expires || *expires <= now - kSkew) return Refused("exp: it has expired");
  if (!issued || *issued > now + kSkew) return Refused("iat: it is of the future");
  if (*issued < now - kMaxAge) return Refused("iat: it is too old");
  if (token.contains("nbf")) {
    const std::optional<absl::Time> from = TimeOf(token, "nbf");
    if (!from || *from > now + kSkew) return Refused("nbf: it is not good yet");
  }
  return absl::OkStatus();
}

Claims ClaimsOf(const json& object) {
  Claims claims{.subject = TextOf(object, "sub"), .email = TextOf(object, "email"), .name = TextOf(object, "name")};
  if (claims.email.size() > kMaxEmail) claims.email.clear();
  const auto verified = object.find("email_verified");
  claims.email_verified = verified != object.end() && verified->is_boolean() && verified->get<bool>();
  return claims;
}

}  // namespace

absl::StatusOr<Discovery> ParseDiscovery(std::string_view text, std::string_view issuer) {
  const json document = ParseObject(text);
  if (TextOf(document, "issuer") != issuer) return absl::InvalidArgumentError("it is not the document of this issuer");
  Discovery discovery{.authorization_endpoint = TextOf(document, "authorization_endpoint"),
                      .token_endpoint = TextOf(document, "token_endpoint"),
                      .jwks_uri = TextOf(document, "jwks_uri"),
                      .userinfo_endpoint = TextOf(document, "userinfo_endpoint")};
  for (const std::string& url : {discovery.authorization_endpoint, discovery.token_endpoint, discovery.jwks_uri}) {
    if (!url.starts_with("https://")) return absl::InvalidArgumentError("an endpoint is missing, or is not https");
  }
  return discovery;
}

TokenAnswer ParseTokenAnswer(std::string_view text) {
  const json answer = ParseObject(text);
  return {.id_token = TextOf(answer, "id_token"),
          .access_token = TextOf(answer, "access_token"),
          .error = TextOf(answer, "error")};
}

absl::StatusOr<Claims> CheckIdToken(const jose::Verified& verified, const Expected& expected) {
  if (!IsIdTokenType(verified.type)) return Refused("typ: it is no ID token");
  const json token = ParseObject(verified.payload);
  if (TextOf(token, "iss") != expected.issuer) return Refused("iss: it is of another issuer");
  if (!token.contains("aud") || !IsFor(token["aud"], expected.client_id)) return Refused("aud: it is not for us alone");
  if (token.contains("azp") && TextOf(token, "azp") != expected.client_id) return Refused("azp: it is not for us");
  RETURN_IF_ERROR(CheckTimes(token, expected.now));
  if (!crypto::SameBytes(TextOf(token, "nonce"), expected.nonce)) return Refused("nonce: it is of another sign-in");
  Claims claims = ClaimsOf(token);
  if (!IsSubject(claims.subject)) return Refused("sub: it names nobody");
  return claims;
}

absl::StatusOr<Claims> ParseUserInfo(std::string_view text, std::string_view subject) {
  Claims claims = ClaimsOf(ParseObject(text));
  if (claims.subject != subject) return Refused("sub: the user's data are about somebody else");
  return claims;
}

}  // namespace smallbiznis::identity
