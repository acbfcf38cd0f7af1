// HTTP in front of the router: REST by google.api.http, Connect and gRPC-Web unary at /package.Service/Method, and the
// program's own pages (/healthz /readyz /metrics /openapi.json /docs).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/rpc/http/server.h"
#include "pkg/rpc/router.h"
#include "pkg/rpc/workers.h"

namespace smallbiznis::rpc::gateway {

struct Options {
  std::string app_name = "smallbiznis";
  std::string app_version = "dev";
  std::vector<std::string> cors_allowed_origins;  // exact origins, or "*"; empty: no CORS
  int max_json_depth = 64;
  const clock::Clock* clock = nullptr;  // for deadlines; null: the system's
};

// What /readyz asks and /metrics prints. The functions are called on worker threads.
struct Pages {
  std::map<std::string, std::function<absl::Status()>> ready_checks;  // by dependency: "postgres", "redis"
  std::function<std::string()> metrics;                               // Prometheus text format
};

// Thread-safe.
class Gateway {
 public:
  // Compiles every HTTP binding of the sealed router. FAILED_PRECONDITION naming the RPC whose binding is wrong or
  // clashes with another one. `router` and `workers` must outlive the gateway.
  static absl::StatusOr<std::unique_ptr<Gateway>> Create(Options options, Pages pages, const Router& router,
                                                         Workers& workers);
  virtual ~Gateway() = default;

  // The http::Handler.
  virtual void Handle(http::Request request, http::Responder responder) = 0;

  // From now on /readyz answers 503 "draining".
  virtual void StartDraining() = 0;
};

}  // namespace smallbiznis::rpc::gateway
