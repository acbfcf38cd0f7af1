#include "services/identity/openid/module.h"

#include <fmt/format.h>

#include <memory>

#include "pkg/config/config.h"
#include "pkg/rpc/router.h"
#include "services/identity/openid/api.h"

namespace smallbiznis::identity {
namespace {

std::unique_ptr<fetch::Client> MakeClient(const config::Config& config, const clock::Clock& clock) {
  return std::make_unique<fetch::Client>(fetch::Options{.ca_file = config.String("OPENID.CA_PATH"),
                                                        .private_addresses = config.Bool("OPENID.PRIVATE_ADDRESSES")},
                                         clock);
}

absl::StatusOr<std::unique_ptr<Provider>> MakeProvider(const config::Config& config, fetch::Client& client,
                                                       const clock::Clock& clock, const log::Logger& logger) {
  Provider::Options options{.issuer = config.String("OPENID.ISSUER"),
                            .client_id = config.String("OPENID.CLIENT_ID"),
                            .client_secret = config.String("OPENID.CLIENT_SECRET"),
                            .redirect_url = config.String("OPENID.REDIRECT_URL")};
  for (const char* key : {"OPENID.CLIENT_ID", "OPENID.CLIENT_SECRET", "OPENID.REDIRECT_URL"}) {
    if (!options.issuer.empty() && config.String(key).empty()) {
      return config.Invalid(key, "must be set where OPENID.ISSUER is");
    }
  }
  return std::make_unique<Provider>(std::move(options), client, clock, logger);
}

void Register(rpc::Router& router, ExternalSignInApi& api) {
  const auto add = [&](std::string_view method, auto handler) {
    router.Add(fmt::format("smallbiznis.identity.v1.ExternalSignInService.{}", method), &api, handler);
  };
  add("StartSignIn", &ExternalSignInApi::StartSignIn);
  add("FinishSignIn", &ExternalSignInApi::FinishSignIn);
  add("ConfirmSignIn", &ExternalSignInApi::ConfirmSignIn);
  add("StartLink", &ExternalSignInApi::StartLink);
  add("FinishLink", &ExternalSignInApi::FinishLink);
  add("ListExternalIdentities", &ExternalSignInApi::ListExternalIdentities);
  add("UnlinkExternalIdentity", &ExternalSignInApi::UnlinkExternalIdentity);
}

}  // namespace

fx::Module ExternalSignInModule() {
  return {
      "identity external sign-in",
      {
          fx::Provide(MakeClient),
          fx::Provide(MakeProvider),
          fx::Provide([](const UserParts& parts, const Accounts& accounts, const SignIn& sign_in, Provider& provider) {
            return std::make_unique<ExternalSignIn>(parts, accounts, sign_in, provider);
          }),
          fx::Provide([](const ExternalSignIn& sign_in, const Sessions& sessions, const Guard& guard) {
            return std::make_unique<ExternalSignInApi>(sign_in, sessions, guard);
          }),
          fx::Invoke(Register),
      }};
}

}  // namespace smallbiznis::identity
