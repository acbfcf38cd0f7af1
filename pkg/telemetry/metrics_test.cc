#include "pkg/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace smallbiznis::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The value of the sample whose line starts with `series`; -1 when there is none.
double Sample(const std::string& text, const std::string& series) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (const std::string& line : lines) {
    double value = 0;
    if (line.starts_with(series + " ") && absl::SimpleAtod(line.substr(series.size() + 1), &value)) return value;
  }
  return -1;
}

TEST(MetricsTest, SameLabelsGiveTheSameHandle) {
  Metrics metrics({"1.2.3", "abc"});
  Counter& counter = metrics.Counter({"rpc_requests_total", "Calls."}, {{"code", "OK"}});
  counter.Increment();
  EXPECT_EQ(&counter, &metrics.Counter({"rpc_requests_total", "Calls."}, {{"code", "OK"}}));
  EXPECT_NE(&counter, &metrics.Counter({"rpc_requests_total", "Calls."}, {{"code", "INTERNAL"}}));
  Histogram& histogram = metrics.Histogram({"seconds", "Time."}, {}, {1});
  EXPECT_EQ(&histogram, &metrics.Histogram({"seconds", "Time."}, {}, {1}));
  EXPECT_EQ(Sample(metrics.Text(), "rpc_requests_total{code=\"OK\"}"), 1);
}

TEST(MetricsTest, HistogramBucketsAreCumulativeAndUpperBoundsInclusive) {
  Metrics metrics({});
  Histogram& histogram = metrics.Histogram({"wait_seconds", "Wait."}, {{"lane", "a"}}, {0.1, 1});
  for (const double value : {0.05, 0.1, 0.5, 7.0}) histogram.Observe(value);
  const std::string text = metrics.Text();
  EXPECT_EQ(Sample(text, R"(wait_seconds_bucket{lane="a",le="0.1"})"), 2) << text;
  EXPECT_EQ(Sample(text, R"(wait_seconds_bucket{lane="a",le="1"})"), 3);
  EXPECT_EQ(Sample(text, R"(wait_seconds_bucket{lane="a",le="+Inf"})"), 4);
  EXPECT_EQ(Sample(text, R"(wait_seconds_count{lane="a"})"), 4);
  EXPECT_DOUBLE_EQ(Sample(text, R"(wait_seconds_sum{lane="a"})"), 7.65);
  EXPECT_THAT(text, HasSubstr("# TYPE wait_seconds histogram"));
}

TEST(MetricsTest, HistogramLosesNoConcurrentObservation) {
  Histogram histogram(LatencyBounds());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&histogram] {
      for (int n = 0; n < 10'000; ++n) histogram.Observe(0.5);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const prometheus::ClientMetric metric = histogram.Collect();
  EXPECT_EQ(metric.histogram.sample_count, 40'000u);
  EXPECT_DOUBLE_EQ(metric.histogram.sample_sum, 20'000);
}

TEST(MetricsTest, ObservedGaugeIsAskedWhenRead) {
  Metrics metrics({});
  int depth = 3;
  metrics.ObserveGauge({"worker_queue_depth", "Jobs that wait."}, {}, [&depth] { return depth; });
  EXPECT_EQ(Sample(metrics.Text(), "worker_queue_depth"), 3);
  depth = 9;
  EXPECT_EQ(Sample(metrics.Text(), "worker_queue_depth"), 9);
}

TEST(MetricsTest, TellsOfTheProcessAndTheBuild) {
  const Metrics metrics({"1.2.3", "abcdef"});
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr(R"(version="1.2.3")"));
  EXPECT_THAT(text, HasSubstr(R"(revision="abcdef")"));
  EXPECT_GT(Sample(text, "process_resident_memory_bytes"), 1e6) << text;
  EXPECT_GT(Sample(text, "process_start_time_seconds"), 1.6e9);
  EXPECT_GE(Sample(text, "process_cpu_seconds_total"), 0);
  const double uptime = Sample(text, "process_uptime_seconds");
  EXPECT_GE(uptime, 0);
  EXPECT_LT(uptime, 3600);
  const double open = Sample(text, "process_open_fds");
  EXPECT_GE(open, 3);
  EXPECT_LE(open, Sample(text, "process_max_fds"));
  EXPECT_THAT(text, HasSubstr("# TYPE process_cpu_seconds_total counter"));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
}

TEST(MetricsTest, FamiliesAreAskedForWheneverTheyAreRead) {
  Metrics metrics({});
  int reads = 0;
  metrics.ObserveFamilies([&]() -> std::vector<Family> {
    ++reads;
    Family sizes{.description = {"room_size", "Size."}, .kind = Family::Kind::kGauge, .series = {}};
    for (int i = 0; i < reads; ++i) sizes.series.push_back({{{"room", std::to_string(i)}}, i + 0.5});
    return {sizes, {.description = {"visits_total", "Visits."}, .kind = Family::Kind::kCounter, .series = {{{}, 7}}}};
  });
  EXPECT_EQ(Sample(metrics.Text(), R"(room_size{room="1"})"), -1);
  const std::string text = metrics.Text();
  EXPECT_EQ(Sample(text, R"(room_size{room="0"})"), 0.5);
  EXPECT_EQ(Sample(text, R"(room_size{room="1"})"), 1.5);
  EXPECT_EQ(Sample(text, "visits_total"), 7);
  EXPECT_THAT(text, HasSubstr("# TYPE room_size gauge"));
  EXPECT_THAT(text, HasSubstr("# TYPE visits_total counter"));
  // A family asks for nothing of the others, so one that reads another's metrics does not hang.
  metrics.ObserveFamilies([&]() -> std::vector<Family> {
    metrics.ObserveGauge({"late", "Late."}, {}, [] { return 1.0; });
    return {};
  });
  metrics.Text();
  EXPECT_EQ(Sample(metrics.Text(), "late"), 1);
}

}  // namespace
}  // namespace smallbiznis::telemetry
