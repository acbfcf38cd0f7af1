#include "pkg/task/metrics/collector.h"

#include <gmock/gmock.h>

#include <chrono>

#include "pkg/redis/testing/server.h"
#include "pkg/task/inspect/testing.h"

namespace smallbiznis::task {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CollectorTest : public InspectTest {
 protected:
  static std::string TextOf(const Inspector& inspector) {
    telemetry::Metrics metrics({});
    metrics.ObserveFamilies([&] { return CollectQueues(inspector, absl::Seconds(1)); });
    return metrics.Text();
  }
};

TEST_F(CollectorTest, HasTheNamesOfAsynq) {
  for (const std::string id : {"1", "2"}) Put(State::kRetry, id);
  Put(State::kPending, "3");
  Ask({"SET", QueuePrefix(queue_) + "processed", "9"});
  Ask({"SET", QueuePrefix(queue_) + "failed", "4"});
  ASSERT_TRUE(inspector_.Pause(queue_).ok());
  const std::string text = TextOf(inspector_);
  const std::string queue = fmt::format("queue=\"{}\"", queue_);
  EXPECT_THAT(text, HasSubstr(fmt::format("asynq_tasks_enqueued_total{{{},state=\"retry\"}} 2\n", queue)));
  EXPECT_THAT(text, HasSubstr(fmt::format("asynq_tasks_enqueued_total{{{},state=\"archived\"}} 0\n", queue)));
  EXPECT_THAT(text, HasSubstr(fmt::format("asynq_queue_size{{{}}} 3\n", queue)));
  EXPECT_THAT(text, HasSubstr(fmt::format("asynq_queue_latency_seconds{{{}}} ", queue)));
  EXPECT_THAT(text, HasSubstr(fmt::format("asynq_queue_memory_usage_approx_bytes{{{}}} ", queue)));
  EXPECT_THAT(text, HasSubstr(fmt::format("asynq_tasks_processed_total{{{}}} 9\n", queue)));
  EXPECT_THAT(text, HasSubstr(fmt::format("asynq_tasks_failed_total{{{}}} 4\n", queue)));
  EXPECT_THAT(text, HasSubstr(fmt::format("asynq_queue_paused_total{{{}}} 1\n", queue)));
  EXPECT_THAT(text, HasSubstr("queues_readable 1\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE asynq_tasks_processed_total counter\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE asynq_tasks_enqueued_total gauge\n"));
}

TEST_F(CollectorTest, ARedisThatDoesNotAnswerCostsASecondAndNothingElse) {
  redis::TestServer server;
  redis::Client client(server.options());
  const Inspector inspector(client, clock_);
  EXPECT_THAT(TextOf(inspector), HasSubstr("queues_readable 1\n"));
  server.Suspend();
  const auto started = std::chrono::steady_clock::now();
  const std::string text = TextOf(inspector);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::milliseconds(1500));
  server.Resume();
  EXPECT_THAT(text, HasSubstr("queues_readable 0\n"));
  EXPECT_THAT(text, HasSubstr("build_info"));
  EXPECT_THAT(text, Not(HasSubstr("asynq_")));
}

}  // namespace
}  // namespace smallbiznis::task
