#include "services/identity/api_key/module.h"

#include "pkg/clock/clock.h"
#include "pkg/db/listener.h"
#include "pkg/db/pool.h"
#include "pkg/fx/lifecycle.h"
#include "pkg/rpc/router.h"
#include "services/identity/api_key/api.h"
#include "services/identity/api_key/key_authenticator.h"
#include "services/identity/api_key/subjects.h"

namespace smallbiznis::identity {
namespace {

std::unique_ptr<KeyCache> MakeCache(const clock::Clock& clock, const db::PoolOptions& database,
                                    fx::Lifecycle& lifecycle) {
  auto cache = std::make_unique<KeyCache>(clock);
  auto listener = std::make_shared<std::unique_ptr<db::Listener>>();
  lifecycle.Append({
      .name = "API key revocations",
      .on_start =
          [listener, &database, &cache = *cache] {
            *listener = ListenForRevocations(database, cache);
            return absl::OkStatus();
          },
      .on_stop =
          [listener, &cache = *cache] {
            listener->reset();
            cache.OnLost();
            return absl::OkStatus();
          },
  });
  return cache;
}

void Register(rpc::Router& router, ApiKeyApi& api) {
  router.Add("smallbiznis.identity.v1.ApiKeyService.CreateApiKey", &api, &ApiKeyApi::CreateApiKey);
  router.Add("smallbiznis.identity.v1.ApiKeyService.ListApiKeys", &api, &ApiKeyApi::ListApiKeys);
  router.Add("smallbiznis.identity.v1.ApiKeyService.RevokeApiKey", &api, &ApiKeyApi::RevokeApiKey);
}

}  // namespace

fx::Module KeysModule() {
  return {
      "identity keys",
      {
          fx::Provide(MakeCache),
          fx::ProvideAs<ApiKeys, Client>(
              [](const crypto::Keyring& keyring, snowflake::Generator& ids, const clock::Clock& clock) {
                return std::make_unique<ApiKeys>(keyring, ids, clock);
              }),
          fx::Provide([](db::Pool& pool, const crypto::Keyring& keyring, const clock::Clock& clock, KeyCache& cache) {
            return std::make_unique<KeyAuthenticator>(pool, keyring, clock, cache);
          }),
      }};
}

fx::Module ApiKeyModule() {
  return {"identity api keys",
          {
              fx::Provide([](const ApiKeys& keys, const tenant::Directory& tenants, const crypto::Keyring& keyring) {
                return std::make_unique<ApiKeyApi>(keys, tenants, keyring);
              }),
              fx::ProvideAs<access::Subjects>([] { return std::make_unique<Subjects>(); }),
              fx::Invoke(Register),
          }};
}

}  // namespace smallbiznis::identity
