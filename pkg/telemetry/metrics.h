// What the program counts, for Prometheus. One object, passed by constructor; there is no global registry.
//
// A handle is looked up once, by name and labels, and kept: using it costs an atomic addition and no look-up.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "pkg/telemetry/histogram.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/registry.h"

namespace smallbiznis::telemetry {

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Labels = prometheus::Labels;  // std::map<std::string, std::string>

// A metric's name and what it means. Names end in their unit: "_seconds", "_bytes", "_total" for counters.
struct Description {
  std::string name;
  std::string help;
};

// Every series of one name, as it is read.
struct Family {
  enum class Kind { kGauge, kCounter };

  Description description;
  Kind kind = Kind::kGauge;
  std::vector<std::pair<Labels, double>> series;
};

struct BuildInfo {
  std::string version;
  std::string revision;
};

// From 100 us to 10 s, two and a half steps a decade: for what answers a call.
std::vector<double> LatencyBounds();

// Thread-safe. Names and label names must be valid for Prometheus, and one name always means one kind of metric; the
// program stops otherwise.
class Metrics {
 public:
  explicit Metrics(BuildInfo build);
  ~Metrics();

  // The same name and labels give the same handle. Handles live as long as this object.
  telemetry::Counter& Counter(const Description& description, const Labels& labels);
  telemetry::Gauge& Gauge(const Description& description, const Labels& labels);
  telemetry::Histogram& Histogram(const Description& description, const Labels& labels,
                                  const std::vector<double>& bounds);

  // A gauge whose value is asked for when the metrics are read, on the reader's thread. `value` must stay callable as
  // long as Text may be called.
  void ObserveGauge(const Description& description, const Labels& labels, std::function<double()> value);

  // The same for series that come and go: `families` answers those that there are. It must not take longer than a
  // reader waits; a name is in one family only.
  void ObserveFamilies(std::function<std::vector<Family>()> families);

  // Everything, in Prometheus' text format 0.0.4, with the process's own metrics.
  std::string Text() const;

 private:
  class Histograms;
  class Observed;

  prometheus::Registry registry_;
  std::unique_ptr<Histograms> histograms_;
  std::unique_ptr<Observed> observed_;
};

}  // namespace smallbiznis::telemetry
