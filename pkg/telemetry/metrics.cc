#include "pkg/telemetry/metrics.h"

#include <iterator>
#include <utility>

#include "pkg/telemetry/process.h"
#include "prometheus/text_serializer.h"

namespace smallbiznis::telemetry {
namespace {

std::vector<prometheus::ClientMetric::Label> ToLabels(const Labels& labels) {
  std::vector<prometheus::ClientMetric::Label> result;
  for (const auto& [name, value] : labels) result.push_back({name, value});
  return result;
}

}  // namespace

std::vector<double> LatencyBounds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

class Metrics::Histograms {
 public:
  telemetry::Histogram& Get(const Description& description, const Labels& labels, const std::vector<double>& bounds) {
    const std::lock_guard lock(mutex_);
    Family& family = families_[description.name];
    family.help = description.help;
    std::unique_ptr<telemetry::Histogram>& histogram = family.histograms[labels];
    if (histogram == nullptr) histogram = std::make_unique<telemetry::Histogram>(bounds);
    return *histogram;
  }

  void Collect(std::vector<prometheus::MetricFamily>& out) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, family] : families_) {
      prometheus::MetricFamily collected{name, family.help, prometheus::MetricType::Histogram, {}};
      for (const auto& [labels, histogram] : family.histograms) {
        collected.metric.push_back(histogram->Collect());
        collected.metric.back().label = ToLabels(labels);
      }
      out.push_back(std::move(collected));
    }
  }

 private:
  struct Family {
    std::string help;
    std::map<Labels, std::unique_ptr<telemetry::Histogram>> histograms;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Family> families_ ABSL_GUARDED_BY(mutex_);
};

class Metrics::Observed {
 public:
  void Add(const Description& description, const Labels& labels, std::function<double()> value) {
    const std::lock_guard lock(mutex_);
    Family& family = families_[description.name];
    family.help = description.help;
    family.values[labels] = std::move(value);
  }

  void AddFamilies(std::function<std::vector<telemetry::Family>()> families) {
    const std::lock_guard lock(mutex_);
    sources_.push_back(std::move(families));
  }

  void Collect(std::vector<prometheus::MetricFamily>& out) const {
    CollectValues(out);
    std::vector<std::function<std::vector<telemetry::Family>()>> sources;
    {
      // They may take their time, and need not wait for each other.
      const std::lock_guard lock(mutex_);
      sources = sources_;
    }
    for (const auto& source : sources) {
      for (const telemetry::Family& family : source()) out.push_back(ToPrometheus(family));
    }
  }

 private:
  static prometheus::MetricFamily ToPrometheus(const telemetry::Family& family) {
    const bool counter = family.kind == telemetry::Family::Kind::kCounter;
    prometheus::MetricFamily collected{family.description.name,
                                       family.description.help,
                                       counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge,
                                       {}};
    for (const auto& [labels, value] : family.series) {
      prometheus::ClientMetric metric;
      metric.label = ToLabels(labels);
      (counter ? metric.counter.value : metric.gauge.value) = value;
      collected.metric.push_back(std::move(metric));
    }
    return collected;
  }

  void CollectValues(std::vector<prometheus::MetricFamily>& out) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, family] : families_) {
      prometheus::MetricFamily collected{name, family.help, prometheus::MetricType::Gauge, {}};
      for (const auto& [labels, value] : family.values) {
        prometheus::ClientMetric metric;
        metric.label = ToLabels(labels);
        metric.gauge.value = value();
        collected.metric.push_back(std::move(metric));
      }
      out.push_back(std::move(collected));
    }
  }

  struct Family {
    std::string help;
    std::map<Labels, std::function<double()>> values;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Family> families_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::function<std::vector<telemetry::Family>()>> sources_ ABSL_GUARDED_BY(mutex_);
};

Metrics::Metrics(BuildInfo build)
    : histograms_(std::make_unique<Histograms>()), observed_(std::make_unique<Observed>()) {
  Gauge({"build_info", "Always 1; the labels say what is running."},
        {{"version", build.version}, {"revision", build.revision}, {"compiler", __VERSION__}})
      .Set(1);
}

Metrics::~Metrics() = default;

Counter& Metrics::Counter(const Description& description, const Labels& labels) {
  return prometheus::BuildCounter().Name(description.name).Help(description.help).Register(registry_).Add(labels);
}

Gauge& Metrics::Gauge(const Description& description, const Labels& labels) {
  return prometheus::BuildGauge().Name(description.name).Help(description.help).Register(registry_).Add(labels);
}

Histogram& Metrics::Histogram(const Description& description, const Labels& labels, const std::vector<double>& bounds) {
  return histograms_->Get(description, labels, bounds);
}

void Metrics::ObserveGauge(const Description& description, const Labels& labels, std::function<double()> value) {
  observed_->Add(description, labels, std::move(value));
}

void Metrics::ObserveFamilies(std::function<std::vector<Family>()> families) {
  observed_->AddFamilies(std::move(families));
}

std::string Metrics::Text() const {
  std::vector<prometheus::MetricFamily> families = registry_.Collect();
  histograms_->Collect(families);
  observed_->Collect(families);
  std::vector<prometheus::MetricFamily> process = CollectProcess();
  std::move(process.begin(), process.end(), std::back_inserter(families));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace smallbiznis::telemetry
