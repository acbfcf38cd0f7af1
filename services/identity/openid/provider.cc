#include "services/identity/openid/provider.h"

#include <fmt/format.h>

#include <utility>

#include "pkg/crypto/crypto.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"
#include "services/identity/openid/reason.h"

namespace smallbiznis::identity {
namespace {

const std::vector<jose::Algorithm> kAlgorithms = {jose::Algorithm::kRs256, jose::Algorithm::kPs256,
                                                  jose::Algorithm::kEs256};
constexpr int kOk = 200;
constexpr int kBadRequest = 400;

}  // namespace

Provider::Provider(Options options, fetch::Client& client, const clock::Clock& clock, const log::Logger& logger)
    : options_(std::move(options)), client_(client), clock_(clock), logger_(logger), discovery_(clock), keys_(clock) {}

absl::Status Provider::Unavailable(std::string_view what, const absl::Status& why) const {
  logger_.Warn("the OpenID Connect provider cannot be used", {{"what", what}, {"error", why.ToString()}});
  return Error(ExternalReason::kProviderUnavailable);
}

absl::StatusOr<std::string> Provider::Read(const fetch::Request& request, absl::Time deadline) {
  ASSIGN_OR_RETURN(fetch::Response response, client_.Fetch(request, deadline));
  if (response.status != kOk) return absl::UnavailableError(fmt::format("it answers {}", response.status));
  return std::move(response.body);
}

absl::StatusOr<std::shared_ptr<const Discovery>> Provider::Discover(absl::Time deadline) {
  auto discovery = discovery_.Get([&]() -> absl::StatusOr<Discovery> {
    std::string_view base = options_.issuer;
    if (base.ends_with('/')) base.remove_suffix(1);
    ASSIGN_OR_RETURN(const std::string text,
                     Read({.url = fmt::format("{}/.well-known/openid-configuration", base)}, deadline));
    return ParseDiscovery(text, options_.issuer);
  });
  if (!discovery.ok()) return Unavailable("its document", discovery.status());
  return discovery;
}

absl::StatusOr<std::string> Provider::AuthorizationUrl(const Secrets& secrets, absl::Time deadline) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Discovery> discovery, Discover(deadline));
  const std::string& endpoint = discovery->authorization_endpoint;
  return fmt::format(
      "{}{}response_type=code&client_id={}&redirect_uri={}&scope=openid%20email%20profile&state={}&nonce={}"
      "&code_challenge={}&code_challenge_method=S256",
      endpoint, endpoint.find('?') == std::string::npos ? '?' : '&', fetch::Escape(options_.client_id),
      fetch::Escape(options_.redirect_url), fetch::Escape(secrets.state), fetch::Escape(secrets.nonce),
      crypto::Base64Url(crypto::Sha256(secrets.verifier)));
}

absl::StatusOr<Claims> Provider::Redeem(const std::string& code, const Secrets& secrets, absl::Time deadline) {
  ASSIGN_OR_RETURN(const TokenAnswer tokens, Exchange(code, secrets, deadline));
  ASSIGN_OR_RETURN(const jose::Verified verified, Verify(tokens.id_token, deadline));
  ASSIGN_OR_RETURN(Claims claims, CheckIdToken(verified, {.issuer = options_.issuer,
                                                          .client_id = options_.client_id,
                                                          .nonce = secrets.nonce,
                                                          .now = clock_.Now()}));
  ASSIGN_OR_RETURN(const std::shared_ptr<const Discovery> discovery, Discover(deadline));
  if (!claims.email.empty() || discovery->userinfo_endpoint.empty() || tokens.access_token.empty()) return claims;
  const absl::StatusOr<std::string> info =
      Read({.url = discovery->userinfo_endpoint, .form = {}, .basic = "", .bearer = tokens.access_token}, deadline);
  if (!info.ok()) return Unavailable("the user's data", info.status());
  return ParseUserInfo(*info, claims.subject);
}

absl::StatusOr<TokenAnswer> Provider::Exchange(const std::string& code, const Secrets& secrets, absl::Time deadline) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Discovery> discovery, Discover(deadline));
  const fetch::Request request{
      .url = discovery->token_endpoint,
      .form = {{"grant_type", "authorization_code"},
               {"code", code},
               {"redirect_uri", options_.redirect_url},
               {"code_verifier", secrets.verifier}},
      .basic = fmt::format("{}:{}", fetch::Escape(options_.client_id), fetch::Escape(options_.client_secret)),
      .bearer = ""};
  const absl::StatusOr<fetch::Response> response = client_.Fetch(request, deadline);
  if (!response.ok()) return Unavailable("its tokens", response.status());
  TokenAnswer answer = ParseTokenAnswer(response->body);
  if (response->status == kBadRequest && answer.error == "invalid_grant") return Error(ExternalReason::kCodeRefused);
  if (response->status != kOk || answer.id_token.empty()) {
    return Unavailable("its tokens", absl::UnavailableError(fmt::format("it answers {}", response->status)));
  }
  return answer;
}

absl::StatusOr<jose::Verified> Provider::Verify(const std::string& token, absl::Time deadline) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Discovery> discovery, Discover(deadline));
  const auto read = [&]() -> absl::StatusOr<jose::KeySet> {
    ASSIGN_OR_RETURN(const std::string text, Read({.url = discovery->jwks_uri}, deadline));
    return jose::KeySet::Parse(text);
  };
  absl::StatusOr<std::shared_ptr<const jose::KeySet>> keys = keys_.Get(read);
  if (!keys.ok()) return Unavailable("its keys", keys.status());
  absl::StatusOr<jose::Verified> verified = (*keys)->Verify(token, kAlgorithms);
  if (verified.ok() || status::Reason(verified.status()) != "KEY_UNKNOWN") return verified;
  keys = keys_.Refresh(read);
  if (!keys.ok()) return Unavailable("its keys", keys.status());
  return (*keys)->Verify(token, kAlgorithms);
}

}  // namespace smallbiznis::identity
