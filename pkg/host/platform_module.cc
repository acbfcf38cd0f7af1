#include <utility>

#include "pkg/audit/audit.h"
#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/pool.h"
#include "pkg/fx/lifecycle.h"
#include "pkg/fx/shutdowner.h"
#include "pkg/host/module.h"
#include "pkg/idempotency/idempotency.h"
#include "pkg/idempotency/janitor.h"
#include "pkg/log/logger.h"
#include "pkg/outbox/outbox.h"
#include "pkg/ratelimit/shared_limiter.h"
#include "pkg/redis/client.h"
#include "pkg/rpc/pipeline.h"
#include "pkg/rpc/router.h"
#include "pkg/rpc/workers.h"
#include "pkg/snowflake/generator.h"
#include "pkg/snowflake/lease/node_lease.h"
#include "pkg/status/status.h"
#include "pkg/telemetry/log_exporter.h"
#include "pkg/telemetry/metrics.h"
#include "pkg/telemetry/trace.h"

namespace smallbiznis::host {
namespace {

log::Level LogLevel(const config::Config& config) {
  // The choices of LOG.LEVEL are the levels' names.
  return *log::ParseLevel(config.String("LOG.LEVEL"));
}

fx::Module Observability() {
  return {"observability",
          {
              fx::ProvideAs<clock::Clock>([] { return std::make_unique<clock::SystemClock>(); }),
              fx::Provide([](const config::Config& config, const clock::Clock& clock) {
                return std::make_unique<log::Logger>(LogLevel(config), clock);
              }),
              fx::Provide([](const config::Config& config) {
                return std::make_unique<telemetry::Metrics>(
                    telemetry::BuildInfo{.version = config.String("APP_VERSION"), .revision = ""});
              }),
              fx::ProvideAs<telemetry::SpanExporter>(
                  [](const log::Logger& logger) { return std::make_unique<telemetry::LogExporter>(logger); }),
              fx::Provide([](const clock::Clock& clock, telemetry::SpanExporter& exporter) {
                return std::make_unique<telemetry::Tracer>(clock, &exporter);
              }),
          }};
}

absl::StatusOr<crypto::Keyring> MakeKeyring(const config::Config& config) {
  absl::StatusOr<crypto::Keyring> keyring = crypto::Keyring::FromText(config.String("SECRET_AES"));
  if (!keyring.ok()) {
    return config.Invalid("SECRET_AES",
                          "must be 64 hex digits, or base64 of 32 bytes (openssl rand -hex 32 makes one)");
  }
  return keyring;
}

absl::StatusOr<std::unique_ptr<db::Pool>> OpenPool(const config::Config& config, const db::PoolOptions& options,
                                                   const db::Migrations& migrations, const clock::Clock& clock,
                                                   const log::Logger& logger, const fx::Shutdowner& shutdowner) {
  db::Pool::OpenWait wait = DatabaseWait(config, [&logger](std::string_view line) { logger.Info(line); });
  wait.pause = [&shutdowner](absl::Duration limit) { return shutdowner.WaitFor(limit); };
  ASSIGN_OR_RETURN(std::unique_ptr<db::Pool> pool, db::Pool::Open(options, clock, wait));
  RETURN_IF_ERROR(db::CheckMigrations(*pool, migrations));
  return pool;
}

absl::StatusOr<std::unique_ptr<snowflake::NodeLease>> TakeNodeLease(db::Pool& pool, const log::Logger& logger,
                                                                    fx::Shutdowner& shutdowner) {
  return snowflake::NodeLease::Acquire(pool, [&](const absl::Status& lost) {
    // Another process may take this number from now on: no further id may be made here.
    logger.Error("the node number's lease is lost; ending", {{"error", lost.message()}});
    shutdowner.Shutdown(lost);
  });
}

fx::Module Record(db::Migrations migrations) {
  return {"record",
          {
              fx::Supply(std::move(migrations)),
              fx::Provide(&MakeKeyring),
              fx::Provide(&DatabaseOptions),
              fx::Provide(&OpenPool),
              fx::Provide(&TakeNodeLease),
              fx::Provide([](const clock::Clock& clock, const snowflake::NodeLease& lease) {
                return std::make_unique<snowflake::Generator>(clock, lease.node(), [&lease] { return lease.held(); });
              }),
              fx::Provide([](const crypto::Keyring& keyring, const clock::Clock& clock) {
                return std::make_unique<idempotency::Idempotency>(keyring, clock);
              }),
              fx::Provide([](const clock::Clock& clock) { return std::make_unique<audit::Audit>(clock); }),
              fx::Provide([](snowflake::Generator& ids, const clock::Clock& clock) {
                return std::make_unique<outbox::Outbox>(ids, clock);
              }),
              fx::Provide([](db::Pool& pool, const idempotency::Idempotency& idempotency, const log::Logger& logger) {
                return std::make_unique<idempotency::Janitor>(pool, idempotency, logger);
              }),
              fx::Invoke([](fx::Lifecycle& lifecycle, idempotency::Janitor& janitor) {
                lifecycle.Append({.name = "idempotency janitor",
                                  .on_start =
                                      [&janitor] {
                                        janitor.Start();
                                        return absl::OkStatus();
                                      },
                                  .on_stop =
                                      [&janitor] {
                                        janitor.Stop();
                                        return absl::OkStatus();
                                      }});
              }),
          }};
}

absl::StatusOr<rpc::TrustedProxies> MakeTrustedProxies(const config::Config& config) {
  const std::optional<rpc::TrustedProxies> proxies = rpc::TrustedProxies::Parse(config.Strings("TRUSTED_PROXIES"));
  if (!proxies) return config.Invalid("TRUSTED_PROXIES", "must be addresses, networks such as 10.0.0.0/8, or unix");
  return *proxies;
}

fx::Module Rpc() {
  return {
      "rpc",
      {
          fx::Provide([](const config::Config& config, const clock::Clock& clock, telemetry::Metrics& metrics,
                         const telemetry::Tracer& tracer, const log::Logger& logger, rpc::Authenticator& authenticator,
                         rpc::Authorizer& authorizer, db::Pool& pool, rpc::TenantGate& tenant_gate,
                         const idempotency::Idempotency& idempotency, const audit::Audit& audit,
                         ratelimit::Limiter& limiter, const rpc::TrustedProxies& trusted_proxies) {
            return std::make_unique<rpc::Pipeline>(
                rpc::Pipeline::Options{.clock = &clock,
                                       .metrics = &metrics,
                                       .tracer = &tracer,
                                       .logger = &logger,
                                       .authenticator = &authenticator,
                                       .authorizer = &authorizer,
                                       .limiter = &limiter,
                                       .pool = &pool,
                                       .tenant_gate = &tenant_gate,
                                       .idempotency = &idempotency,
                                       .audit = &audit,
                                       .trusted_proxies = trusted_proxies,
                                       .request_timeout = config.Duration("REQUEST_TIMEOUT")});
          }),
          fx::Provide(&MakeTrustedProxies),
          fx::ProvideAs<ratelimit::Limiter>([](redis::Client& redis, const clock::Clock& clock) {
            return std::make_unique<ratelimit::SharedLimiter>(redis, clock);
          }),
          fx::Provide([](rpc::Pipeline& pipeline) { return std::make_unique<rpc::Router>(pipeline); }),
          fx::Provide([](const config::Config& config) {
            return std::make_unique<rpc::Workers>(rpc::Workers::Options{
                .threads = config.Int("WORKERS.THREADS"), .queue_limit = config.Int("WORKERS.QUEUE_LIMIT")});
          }),
      }};
}

}  // namespace

db::PoolOptions DatabaseOptions(const config::Config& config) {
  return {
      .host = config.String("DATABASE.HOST"),
      .port = config.Int("DATABASE.PORT"),
      .user = config.String("DATABASE.USER"),
      .password = config.String("DATABASE.PASSWORD"),
      .dbname = config.String("DATABASE.DBNAME"),
      .sslmode = config.String("DATABASE.SSLMODE"),
      .application_name = config.String("APP_NAME"),
      .max_open = config.Int("DATABASE.CONNECTION_POOL.MAX_OPEN_CONNS"),
      .max_idle = config.Int("DATABASE.CONNECTION_POOL.MAX_IDLE_CONNS"),
      .max_lifetime = config.Duration("DATABASE.CONNECTION_POOL.CONN_MAX_LIFETIME"),
      .max_idle_time = config.Duration("DATABASE.CONNECTION_POOL.CONN_MAX_IDLE_TIME"),
  };
}

db::Pool::OpenWait DatabaseWait(const config::Config& config, std::function<void(std::string_view)> progress) {
  return {.starting_for = config.Duration("DATABASE.STARTUP_TIMEOUT"), .progress = std::move(progress)};
}

std::vector<fx::Module> PlatformModules(const config::Config& config, const Flags& flags, const Program& program) {
  std::vector<fx::Module> modules;
  modules.push_back({"settings", {fx::Supply(config), fx::Supply(flags)}});
  modules.push_back(Observability());
  modules.push_back(Record(program.migrations));
  modules.push_back(Rpc());
  modules.push_back(QueueModule(program.works_on_tasks));
  return modules;
}

}  // namespace smallbiznis::host
