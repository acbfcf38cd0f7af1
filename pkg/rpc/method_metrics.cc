#include "pkg/rpc/method_metrics.h"

#include <algorithm>
#include <utility>

#include "pkg/rpc/wire/wire_status.h"

namespace smallbiznis::rpc {

MethodMetrics::MethodMetrics(telemetry::Metrics& metrics, std::string service, std::string method)
    : metrics_(metrics),
      service_(std::move(service)),
      method_(std::move(method)),
      in_flight_(
          metrics.Gauge({"rpc_in_flight", "Calls that run now."}, {{"service", service_}, {"method", method_}})) {}

void MethodMetrics::End(std::string_view protocol, absl::StatusCode code, double seconds) {
  const auto known = std::find(kProtocols.begin(), kProtocols.end() - 1, protocol);
  const size_t index = static_cast<size_t>(known - kProtocols.begin());
  Requests(index, code).Increment();
  Duration(index).Observe(seconds);
  in_flight_.Decrement();
}

telemetry::Labels MethodMetrics::LabelsFor(size_t protocol) const {
  return {{"service", service_}, {"method", method_}, {"protocol", std::string(kProtocols[protocol])}};
}

telemetry::Counter& MethodMetrics::Requests(size_t protocol, absl::StatusCode code) {
  const size_t index = std::min(static_cast<size_t>(code), kCodes - 1);
  std::atomic<telemetry::Counter*>& slot = series_[protocol].requests[index];
  telemetry::Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) {
    telemetry::Labels labels = LabelsFor(protocol);
    labels["code"] = std::string(CodeName(code));
    counter = &metrics_.Counter({"rpc_requests_total", "Calls answered, by code."}, labels);
    slot.store(counter, std::memory_order_release);
  }
  return *counter;
}

telemetry::Histogram& MethodMetrics::Duration(size_t protocol) {
  std::atomic<telemetry::Histogram*>& slot = series_[protocol].duration;
  telemetry::Histogram* histogram = slot.load(std::memory_order_acquire);
  if (histogram == nullptr) {
    histogram = &metrics_.Histogram({"rpc_request_duration_seconds", "From the router's first look to its answer."},
                                    LabelsFor(protocol), telemetry::LatencyBounds());
    slot.store(histogram, std::memory_order_release);
  }
  return *histogram;
}

}  // namespace smallbiznis::rpc
