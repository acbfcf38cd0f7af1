#include "services/identity/session/module.h"

#include <memory>

#include "pkg/clock/clock.h"
#include "pkg/config/config.h"
#include "pkg/redis/client.h"
#include "services/identity/listening.h"
#include "services/identity/session/caller.h"
#include "services/identity/session/guard.h"
#include "services/identity/session/stored_tickets.h"

namespace smallbiznis::identity {
namespace {

// The keys of cookies and CSRF tokens: another master secret than that of what is stored, where one is set.
struct SessionKeys {
  crypto::Keyring keyring;
};

absl::StatusOr<SessionKeys> MakeKeys(const config::Config& config, const crypto::Keyring& platform) {
  if (config.String("SESSION.SECRET").empty()) return SessionKeys{platform};
  absl::StatusOr<crypto::Keyring> own = crypto::Keyring::FromText(config.String("SESSION.SECRET"));
  if (!own.ok()) return config.Invalid("SESSION.SECRET", "must be 64 hex digits, or base64 of 32 bytes");
  return SessionKeys{*std::move(own)};
}

std::unique_ptr<Tickets> MakeTickets(const config::Config& config, const SessionKeys& keys, redis::Client& redis,
                                     const clock::Clock& clock) {
  if (config.String("SESSION.TYPE") == "redis") return std::make_unique<StoredTickets>(redis, keys.keyring, clock);
  return std::make_unique<SealedTickets>(keys.keyring);
}

std::unique_ptr<Sessions> MakeSessions(const config::Config& config, const Tickets& tickets, snowflake::Generator& ids,
                                       const clock::Clock& clock) {
  return std::make_unique<Sessions>(
      Sessions::Options{.cookie_name = config.String("SESSION.NAME"), .life = config.Duration("SESSION.TTL")}, tickets,
      ids, clock);
}

std::unique_ptr<SessionCache> MakeCache(const clock::Clock& clock, const db::PoolOptions& database,
                                        fx::Lifecycle& lifecycle) {
  const auto listen = [&database](SessionCache& cache) { return ListenForSessions(database, cache); };
  return Listening("ended sessions", std::make_unique<SessionCache>(clock), listen, lifecycle);
}

std::unique_ptr<Guard> MakeGuard(const config::Config& config, db::Pool& pool, const Tickets& tickets,
                                 const Sessions& sessions, const SessionKeys& keys, const clock::Clock& clock,
                                 SessionCache& cache, const Memberships& memberships) {
  return std::make_unique<Guard>(Guard::Options{.origins = config.Strings("SESSION.ORIGINS")},
                                 Guard::Parts{.pool = pool,
                                              .tickets = tickets,
                                              .sessions = sessions,
                                              .keyring = keys.keyring,
                                              .clock = clock,
                                              .cache = cache,
                                              .memberships = memberships});
}

}  // namespace

fx::Module SessionModule() {
  return {"identity sessions",
          {
              fx::Provide(MakeKeys),
              fx::Provide(MakeTickets),
              fx::Provide(MakeSessions),
              fx::Provide(MakeCache),
              fx::Provide(MakeGuard),
              fx::ProvideAs<rpc::Authenticator>([](KeyAuthenticator& keys, const Guard& guard) {
                return std::make_unique<CallerAuthenticator>(keys, guard);
              }),
          }};
}

}  // namespace smallbiznis::identity
