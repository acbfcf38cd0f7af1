#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <utility>

#include "pkg/db/pool.h"
#include "pkg/fx/lifecycle.h"
#include "pkg/host/module.h"
#include "pkg/host/servers.h"
#include "pkg/host/welcome.h"
#include "pkg/log/logger.h"
#include "pkg/redis/client.h"
#include "pkg/redis/command.h"
#include "pkg/rpc/workers.h"
#include "pkg/telemetry/metrics.h"

namespace smallbiznis::host {
namespace {

// The program ends within 10 s of SIGTERM: this much for requests in flight.
constexpr absl::Duration kDrainLimit = absl::Seconds(8);
constexpr absl::Duration kReadyCheckLimit = absl::Seconds(1);

// What HTTP_SERVER and GRPC_SERVER have alike.
template <class Options>
Options Listening(const config::Config& config, const std::string& section) {
  Options options;
  options.addr = config.String(section + ".ADDR");
  options.unix_socket = config.String(section + ".UNIX_SOCKET");
  options.idle_timeout = config.Duration(section + ".IDLE_TIMEOUT");
  if (config.Bool(section + ".TLS.ENABLE")) {
    options.tls_cert_path = config.String("TLS.CERT_PATH");
    options.tls_key_path = config.String("TLS.KEY_PATH");
  }
  return options;
}

Servers::Options ServerOptions(const config::Config& config) {
  Servers::Options options;
  options.http = Listening<rpc::http::ServerOptions>(config, "HTTP_SERVER");
  options.http.threads = config.Int("HTTP_SERVER.THREADS");
  options.http.max_connections = config.Int("HTTP_SERVER.MAX_CONNECTIONS");
  options.http.max_header_bytes = static_cast<size_t>(config.Int("HTTP_SERVER.MAX_HEADER_BYTES"));
  options.http.max_body_bytes = static_cast<size_t>(config.Int("HTTP_SERVER.MAX_BODY_BYTES"));
  options.http.read_timeout = config.Duration("HTTP_SERVER.READ_TIMEOUT");
  options.http.write_timeout = config.Duration("HTTP_SERVER.WRITE_TIMEOUT");
  options.grpc = Listening<rpc::grpc::ServerOptions>(config, "GRPC_SERVER");
  options.grpc.max_message_bytes = config.Int("GRPC_SERVER.MAX_MESSAGE_BYTES");
  options.gateway = {
      .app_name = config.String("APP_NAME"),
      .app_version = config.String("APP_VERSION"),
      .cors_allowed_origins = config.Strings("HTTP_SERVER.CORS_ALLOWED_ORIGINS"),
      .max_json_depth = config.Int("HTTP_SERVER.MAX_JSON_DEPTH"),
  };
  return options;
}

rpc::gateway::Pages MakePages(db::Pool& pool, redis::Client& redis, const telemetry::Metrics& metrics) {
  return {.ready_checks = {{"postgres", [&pool] { return pool.Ping(kReadyCheckLimit); }},
                           {"redis", [&redis] { return redis.Do(redis::Command("PING"), kReadyCheckLimit).status(); }}},
          .metrics = [&metrics] { return metrics.Text(); }};
}

std::unique_ptr<Servers> MakeServers(const config::Config& config, db::Pool& pool, redis::Client& redis,
                                     telemetry::Metrics& metrics, rpc::Router& router, rpc::Workers& workers,
                                     fx::Lifecycle& lifecycle) {
  auto servers = std::make_unique<Servers>(ServerOptions(config), MakePages(pool, redis, metrics), router, workers);
  metrics.ObserveGauge({"http_connections", "Open HTTP connections."}, {},
                       [servers = servers.get()] { return servers->http_connections(); });
  metrics.ObserveGauge({"worker_queue_depth", "Requests that wait for a worker."}, {},
                       [&workers] { return workers.queued(); });
  lifecycle.Append({.name = "servers",
                    .on_start = [servers = servers.get()] { return servers->Start(); },
                    .on_stop =
                        [servers = servers.get()] {
                          servers->Drain(kDrainLimit);
                          return absl::OkStatus();
                        },
                    .stop_limit = kDrainLimit + absl::Milliseconds(500)});
  return servers;
}

// Whole or not at all: a reader never finds half a line.
absl::Status WriteReadyFile(const std::string& path, const Servers& servers) {
  const std::string part = path + ".part";
  std::ofstream file(part, std::ios::trunc);
  file << fmt::format("{{\"http\":\"{}\",\"grpc\":\"{}\",\"pid\":{}}}\n", servers.http_address(),
                      servers.grpc_address(), getpid());
  file.close();
  if (!file || std::rename(part.c_str(), path.c_str()) != 0) {
    return absl::UnavailableError(fmt::format("cannot write --ready-file {}", path));
  }
  return absl::OkStatus();
}

absl::Status Announce(const Flags& flags, const Servers& servers, const Seeded& seeded, const log::Logger& logger) {
  logger.Info("serving", {{"http", servers.http_address()}, {"grpc", servers.grpc_address()}});
  if (!flags.ready_file.empty()) {
    if (absl::Status written = WriteReadyFile(flags.ready_file, servers); !written.ok()) return written;
  }
  if (flags.welcome) {
    std::cout << WelcomeText({.http_address = servers.http_address(),
                              .grpc_address = servers.grpc_address(),
                              .seed_file = flags.seed_file,
                              .new_key = seeded.platform_key})
              << std::flush;
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<fx::Module> ServingModules() {
  return {{"serving",
           {fx::Provide(&MakeServers), fx::Invoke([](const Flags& flags, const Servers& servers, const Seeded& seeded,
                                                     const log::Logger& logger, fx::Lifecycle& lifecycle) {
              lifecycle.Append(
                  {.name = "announcement", .on_start = [&] { return Announce(flags, servers, seeded, logger); }});
            })}}};
}

}  // namespace smallbiznis::host
