#include "services/identity/openid/flow.h"

#include <nlohmann/json.hpp>

namespace smallbiznis::identity {
namespace {

constexpr std::string_view kContext = "cookie";
constexpr size_t kMaxValue = 1024;

std::string NewSecret() {
  return crypto::Base64Url(crypto::RandomBytes(32));
}

}  // namespace

Provider::Secrets NewSecrets() {
  return {.state = NewSecret(), .nonce = NewSecret(), .verifier = NewSecret()};
}

std::string SealFlow(const crypto::Keyring& keyring, const Flow& flow) {
  const nlohmann::json json = {static_cast<int>(flow.stage),
                               flow.secrets.state,
                               flow.secrets.nonce,
                               flow.secrets.verifier,
                               flow.user.value(),
                               flow.identity.value(),
                               absl::ToUnixMicros(flow.expires_at)};
  return crypto::Base64Url(keyring.Seal(crypto::Purpose::kSignInFlow, json.dump(), kContext));
}

std::optional<Flow> OpenFlow(const crypto::Keyring& keyring, std::string_view value, Stage stage, absl::Time now) {
  if (value.size() > kMaxValue) return std::nullopt;
  const absl::StatusOr<std::string> sealed = crypto::FromBase64Url(value);
  if (!sealed.ok()) return std::nullopt;
  const absl::StatusOr<std::string> text = keyring.Open(crypto::Purpose::kSignInFlow, *sealed, kContext);
  if (!text.ok()) return std::nullopt;
  // What opens was made by SealFlow.
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array() || json.size() != 7) return std::nullopt;
  Flow flow{.stage = static_cast<Stage>(json[0].get<int>()),
            .secrets = {.state = json[1], .nonce = json[2], .verifier = json[3]},
            .user = UserId(json[4].get<int64_t>()),
            .identity = ExternalIdentityId(json[5].get<int64_t>()),
            .expires_at = absl::FromUnixMicros(json[6].get<int64_t>())};
  if (flow.stage != stage || flow.expires_at <= now) return std::nullopt;
  return flow;
}

}  // namespace smallbiznis::identity
