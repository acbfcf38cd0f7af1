// Our side: the product's own stack, from socket to router, hosting nothing but an echo. Prints one JSON line with its
// ports when it serves; SIGTERM or SIGINT ends it.
#include <fmt/format.h>
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "bench/gateway/echo.pb.h"
#include "pkg/clock/clock.h"
#include "pkg/log/logger.h"
#include "pkg/rpc/gateway/gateway.h"
#include "pkg/rpc/grpc/server.h"
#include "pkg/rpc/http/server.h"
#include "pkg/rpc/pipeline.h"
#include "pkg/rpc/router.h"
#include "pkg/rpc/workers.h"
#include "pkg/status/status.h"
#include "pkg/telemetry/metrics.h"
#include "pkg/telemetry/trace.h"

namespace smallbiznis::bench {
namespace {

using gateway::v1::Entry;

class EchoApi {
 public:
  absl::Status AddEntry(rpc::Call&, const Entry& request, Entry& response) {
    response = request;
    return absl::OkStatus();
  }
};

struct Flags {
  std::string http_addr = "127.0.0.1:0";
  std::string grpc_addr = "127.0.0.1:0";
  int http_threads = rpc::http::ServerOptions().threads;
  int workers = rpc::Workers::Options().threads;
};

// Blocked before any thread starts, so that only Serve takes them.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

absl::Status Serve(const Flags& flags) {
  const sigset_t signals = BlockStopSignals();
  const clock::SystemClock clock;
  const log::Logger logger(log::Level::kWarn, clock);
  const telemetry::Tracer tracer(clock, nullptr);
  telemetry::Metrics metrics({"bench", "bench"});
  rpc::Pipeline pipeline({.clock = &clock, .metrics = &metrics, .tracer = &tracer, .logger = &logger});
  rpc::Router router(pipeline);
  EchoApi api;
  router.Add("smallbiznis.bench.gateway.v1.Echo.AddEntry", &api, &EchoApi::AddEntry);
  RETURN_IF_ERROR(router.Seal());
  rpc::Workers workers({.threads = flags.workers});
  ASSIGN_OR_RETURN(const std::unique_ptr<rpc::gateway::Gateway> gateway,
                   rpc::gateway::Gateway::Create({}, {}, router, workers));
  rpc::http::Server http({.addr = flags.http_addr, .threads = flags.http_threads},
                         [&gateway](rpc::http::Request request, rpc::http::Responder responder) {
                           gateway->Handle(std::move(request), std::move(responder));
                         });
  rpc::grpc::Server grpc({.addr = flags.grpc_addr}, router, workers);
  RETURN_IF_ERROR(http.Start());
  RETURN_IF_ERROR(grpc.Start());
  fmt::print("{{\"http\": {}, \"grpc\": {}}}\n", http.port(), grpc.port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  http.Drain(absl::Seconds(5));
  grpc.Drain(absl::Seconds(5));
  return absl::OkStatus();
}

}  // namespace
}  // namespace smallbiznis::bench

int main(int argc, char** argv) {
  smallbiznis::bench::Flags flags;
  CLI::App app("Echo over HTTP and gRPC, for bench/gateway");
  app.add_option("--http", flags.http_addr, "host:port of HTTP");
  app.add_option("--grpc", flags.grpc_addr, "host:port of gRPC");
  app.add_option("--http-threads", flags.http_threads);
  app.add_option("--workers", flags.workers);
  CLI11_PARSE(app, argc, argv);
  const absl::Status served = smallbiznis::bench::Serve(flags);
  if (served.ok()) return 0;
  fmt::print(stderr, "{}\n", std::string(served.message()));
  return 1;
}
