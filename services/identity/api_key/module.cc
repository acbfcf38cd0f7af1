#include "services/identity/api_key/module.h"

#include "pkg/clock/clock.h"
#include "pkg/db/pool.h"
#include "pkg/log/logger.h"
#include "pkg/periodic/periodic.h"
#include "pkg/rpc/router.h"
#include "services/identity/api_key/api.h"
#include "services/identity/api_key/key_authenticator.h"
#include "services/identity/api_key/subjects.h"
#include "services/identity/listening.h"

namespace smallbiznis::identity {
namespace {

// What a killed process loses of the times at which keys were last used.
constexpr absl::Duration kFlushInterval = absl::Seconds(30);

std::unique_ptr<KeyCache> MakeCache(const clock::Clock& clock, const db::PoolOptions& database,
                                    fx::Lifecycle& lifecycle) {
  const auto listen = [&database](KeyCache& cache) { return ListenForRevocations(database, cache); };
  return Listening("API key revocations", std::make_unique<KeyCache>(clock), listen, lifecycle);
}

std::unique_ptr<LastUsed> MakeLastUsed(db::Pool& pool, const log::Logger& logger, fx::Lifecycle& lifecycle) {
  auto last_used = std::make_unique<LastUsed>(pool);
  auto flusher = std::make_shared<std::unique_ptr<periodic::Periodic>>();
  const auto flush = [&logger, &last_used = *last_used] {
    if (const absl::Status flushed = last_used.Flush(); !flushed.ok()) {
      logger.Warn("when keys were last used could not be written", {{"error", flushed.message()}});
    }
    return kFlushInterval;
  };
  lifecycle.Append({.name = "uses of API keys",
                    .on_start =
                        [flusher, flush] {
                          *flusher = std::make_unique<periodic::Periodic>(flush);
                          return absl::OkStatus();
                        },
                    .on_stop =
                        [flusher, flush] {
                          flusher->reset();
                          flush();
                          return absl::OkStatus();
                        }});
  return last_used;
}

void Register(rpc::Router& router, ApiKeyApi& api) {
  router.Add("smallbiznis.identity.v1.ApiKeyService.CreateApiKey", &api, &ApiKeyApi::CreateApiKey);
  router.Add("smallbiznis.identity.v1.ApiKeyService.ListApiKeys", &api, &ApiKeyApi::ListApiKeys);
  router.Add("smallbiznis.identity.v1.ApiKeyService.RotateApiKey", &api, &ApiKeyApi::RotateApiKey);
  router.Add("smallbiznis.identity.v1.ApiKeyService.RevokeApiKey", &api, &ApiKeyApi::RevokeApiKey);
}

}  // namespace

fx::Module KeysModule() {
  return {"identity keys",
          {
              fx::Provide(MakeCache),
              fx::ProvideAs<ApiKeys, Client>(
                  [](const crypto::Keyring& keyring, snowflake::Generator& ids, const clock::Clock& clock) {
                    return std::make_unique<ApiKeys>(keyring, ids, clock);
                  }),
              fx::Provide(MakeLastUsed),
              fx::Provide([](db::Pool& pool, const crypto::Keyring& keyring, const clock::Clock& clock, KeyCache& cache,
                             LastUsed& last_used) {
                return std::make_unique<KeyAuthenticator>(pool, keyring, clock, cache, last_used);
              }),
          }};
}

fx::Module ApiKeyModule() {
  return {"identity api keys",
          {
              fx::Provide([](const ApiKeys& keys, const tenant::Directory& tenants, rpc::Authorizer& authorizer,
                             const crypto::Keyring& keyring, const rpc::Router& router) {
                return std::make_unique<ApiKeyApi>(
                    ApiKeyApi::Parts{.keys = keys,
                                     .tenants = tenants,
                                     .authorizer = authorizer,
                                     .keyring = keyring,
                                     .known_scopes = [&router] { return ScopesOf(router); }});
              }),
              fx::ProvideAs<access::Subjects>(
                  [](const Memberships& memberships) { return std::make_unique<Subjects>(memberships); }),
              fx::Invoke(Register),
          }};
}

}  // namespace smallbiznis::identity
