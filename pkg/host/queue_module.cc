#include <algorithm>
#include <utility>

#include "absl/random/random.h"
#include "pkg/fx/lifecycle.h"
#include "pkg/host/module.h"
#include "pkg/log/logger.h"
#include "pkg/outbox/delivery.h"
#include "pkg/outbox/relay.h"
#include "pkg/redis/client.h"
#include "pkg/status/status.h"
#include "pkg/task/client.h"
#include "pkg/task/server/mux.h"
#include "pkg/task/server/observe.h"
#include "pkg/task/server/server.h"
#include "pkg/telemetry/metrics.h"
#include "pkg/telemetry/trace.h"

namespace smallbiznis::host {
namespace {

// The program ends within 10 s of SIGTERM.
constexpr absl::Duration kTaskShutdownLimit = absl::Seconds(5);

absl::StatusOr<std::unique_ptr<redis::Options>> RedisOptions(const config::Config& config) {
  absl::StatusOr<redis::Options> options = redis::ParseServer({.addr = config.String("REDIS.ADDR"),
                                                               .username = config.String("REDIS.USERNAME"),
                                                               .password = config.String("REDIS.PASSWORD"),
                                                               .db = config.Int("REDIS.DB")});
  if (!options.ok()) return config.Invalid("REDIS.ADDR", "must be host:port or a redis URI");
  if (config.Bool("REDIS.TLS.ENABLE")) options->tls.enable = true;
  options->tls.ca_file = config.String("REDIS.TLS.CA_PATH");
  options->connections = config.Int("REDIS.POOL_SIZE");
  options->client_name = config.String("APP_NAME");
  // The relay and the workers try again by themselves, and a program that ends must not wait for Redis to come back.
  options->patient = false;
  return std::make_unique<redis::Options>(*std::move(options));
}

// Doubling from 1 s to 5 min, a fifth more or less: what fails here waits for a database or a service that comes back.
absl::Duration RetryDelay(int retried, const absl::Status&, const task::Message&) {
  thread_local absl::BitGen random;
  const absl::Duration delay = std::min(absl::Seconds(int64_t{1} << std::min(retried, 9)), absl::Minutes(5));
  return delay * absl::Uniform(random, 0.8, 1.2);
}

// A task that waits for its tenant to be resumed has not failed.
bool IsFailure(const absl::Status& status) {
  return status::Reason(status) != "TENANT_SUSPENDED";
}

task::ServerOptions TaskOptions(const config::Config& config) {
  return {.concurrency = config.Int("ASYNQ.WORKER_COUNT"),
          .queues = {{"critical", config.Int("ASYNQ.QUEUES.CRITICAL")},
                     {"default", config.Int("ASYNQ.QUEUES.DEFAULT")},
                     {"low", config.Int("ASYNQ.QUEUES.LOW")}},
          .strict_priority = config.Bool("ASYNQ.STRICT"),
          .retry_delay = RetryDelay,
          .is_failure = IsFailure,
          .on_error = nullptr,
          .shutdown_timeout = kTaskShutdownLimit};
}

// Starts the relay and the workers with the program, and ends them with it.
void RunTasks(const config::Config& config, const redis::Options& redis, const clock::Clock& clock,
              const log::Logger& logger, const task::Mux& mux, outbox::Relay& relay, fx::Lifecycle& lifecycle) {
  if (config.Int("ASYNQ.WORKER_COUNT") == 0) return;  // this process serves calls only
  auto server = std::make_shared<std::unique_ptr<task::Server>>();
  lifecycle.Append({.name = "task workers",
                    .on_start = [server, &config, &redis, &clock, &logger, &mux]() -> absl::Status {
                      ASSIGN_OR_RETURN(*server, task::Server::Start({.redis = redis, .clock = clock, .logger = logger},
                                                                    TaskOptions(config), mux));
                      return absl::OkStatus();
                    },
                    .on_stop =
                        [server] {
                          server->reset();
                          return absl::OkStatus();
                        }});
  lifecycle.Append({.name = "outbox relay",
                    .on_start =
                        [&relay] {
                          relay.Start();
                          return absl::OkStatus();
                        },
                    .on_stop =
                        [&relay] {
                          relay.Stop();
                          return absl::OkStatus();
                        }});
}

}  // namespace

fx::Module QueueModule(bool works_on_tasks) {
  fx::Module module{
      "queue",
      {
          fx::Provide(&RedisOptions),
          fx::Provide([](const redis::Options& options) { return std::make_unique<redis::Client>(options); }),
          fx::Provide([](redis::Client& redis, const clock::Clock& clock) {
            return std::make_unique<task::Client>(redis, clock);
          }),
          fx::Provide([](const clock::Clock& clock, const telemetry::Tracer& tracer, telemetry::Metrics& metrics,
                         const log::Logger& logger) {
            auto mux = std::make_unique<task::Mux>();
            mux->Use(task::Observe({.clock = clock, .tracer = tracer, .metrics = metrics, .logger = logger}));
            return mux;
          }),
          fx::Provide([](db::Pool& pool, const clock::Clock& clock) {
            return std::make_unique<outbox::Delivery>(pool, clock);
          }),
          fx::Provide([](db::Pool& pool, const db::PoolOptions& database, redis::Client& redis, task::Client& tasks,
                         const clock::Clock& clock, const log::Logger& logger, telemetry::Metrics& metrics) {
            return std::make_unique<outbox::Relay>(outbox::Relay::Parts{.pool = pool,
                                                                        .database = database,
                                                                        .redis = redis,
                                                                        .tasks = tasks,
                                                                        .clock = clock,
                                                                        .logger = logger,
                                                                        .metrics = metrics});
          }),
      }};
  if (works_on_tasks) module.options.push_back(fx::Invoke(RunTasks));
  return module;
}

}  // namespace smallbiznis::host
