// A histogram whose Observe takes no lock: prometheus-cpp's own takes a mutex, which the workers of a busy program
// share.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "prometheus/client_metric.h"

namespace smallbiznis::telemetry {

// Thread-safe. A scrape that runs beside Observe may see an observation's bucket before its sum; never a count that is
// smaller than an earlier one.
class Histogram {
 public:
  // `bounds` are upper bounds in growing order; a last bucket for everything above is added.
  explicit Histogram(std::vector<double> bounds);

  void Observe(double value);

  // Buckets are cumulative, as Prometheus wants them.
  prometheus::ClientMetric Collect() const;

 private:
  const std::vector<double> bounds_;
  const std::unique_ptr<std::atomic<uint64_t>[]> counts_;
  std::atomic<double> sum_ = 0;
};

}  // namespace smallbiznis::telemetry
