// The metrics of one RPC: rpc_requests_total, rpc_request_duration_seconds and rpc_in_flight.
#pragma once

#include <array>
#include <atomic>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "pkg/telemetry/metrics.h"

namespace smallbiznis::rpc {

// Thread-safe. A series exists from its first call on; from then on its handle is one atomic load away.
class MethodMetrics {
 public:
  // `metrics` must outlive this object.
  MethodMetrics(telemetry::Metrics& metrics, std::string service, std::string method);

  void Begin() { in_flight_.Increment(); }
  void End(std::string_view protocol, absl::StatusCode code, double seconds);

 private:
  // What a program speaks; anything else is counted as "other".
  static constexpr std::array<std::string_view, 6> kProtocols = {"grpc",     "rest",  "connect",
                                                                 "grpc-web", "local", "other"};
  static constexpr size_t kCodes = 17;
  struct Series {
    std::array<std::atomic<telemetry::Counter*>, kCodes> requests{};
    std::atomic<telemetry::Histogram*> duration = nullptr;
  };

  telemetry::Counter& Requests(size_t protocol, absl::StatusCode code);
  telemetry::Histogram& Duration(size_t protocol);
  telemetry::Labels LabelsFor(size_t protocol) const;

  telemetry::Metrics& metrics_;
  const std::string service_;
  const std::string method_;
  telemetry::Gauge& in_flight_;
  std::array<Series, kProtocols.size()> series_;
};

}  // namespace smallbiznis::rpc
