#include "pkg/task/metrics/collector.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "pkg/status/status.h"
#include "pkg/text/utf8.h"

namespace smallbiznis::task {
namespace {

using telemetry::Family;

absl::StatusOr<std::vector<QueueInfo>> ReadQueues(const Inspector& inspector, absl::Duration limit) {
  const auto started = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(const std::vector<std::string> names, inspector.ListQueues(limit));
  if (names.empty()) return std::vector<QueueInfo>();
  const absl::Duration left = limit - absl::FromChrono(std::chrono::steady_clock::now() - started);
  return inspector.GetQueues(names, std::max(left, absl::Milliseconds(1)));
}

}  // namespace

std::vector<Family> CollectQueues(const Inspector& inspector, absl::Duration limit) {
  const absl::StatusOr<std::vector<QueueInfo>> queues = ReadQueues(inspector, limit);
  std::vector<Family> families;
  families.push_back({.description = {"queues_readable", "1 when Redis told how the queues stand, in time."},
                      .kind = Family::Kind::kGauge,
                      .series = {{{}, queues.ok() ? 1.0 : 0.0}}});
  if (!queues.ok() || queues->empty()) return families;

  // A label that is not UTF-8 would spoil the whole page.
  const auto label = [](const QueueInfo& queue) { return text::ReplaceInvalidUtf8(queue.name); };
  const auto add = [&](telemetry::Description description, Family::Kind kind, auto value) {
    Family family{.description = std::move(description), .kind = kind, .series = {}};
    for (const QueueInfo& queue : *queues) family.series.push_back({{{"queue", label(queue)}}, value(queue)});
    families.push_back(std::move(family));
  };
  Family states{.description = {"asynq_tasks_enqueued_total", "Tasks that there are, by queue and state."},
                .kind = Family::Kind::kGauge,
                .series = {}};
  for (const QueueInfo& queue : *queues) {
    for (const auto& [state, count] : queue.tasks) {
      states.series.push_back(
          {{{"queue", label(queue)}, {"state", std::string(Name(state))}}, static_cast<double>(count)});
    }
  }
  families.push_back(std::move(states));
  add({"asynq_queue_size", "Tasks in all states."}, Family::Kind::kGauge,
      [](const QueueInfo& queue) { return static_cast<double>(queue.size()); });
  add({"asynq_queue_latency_seconds", "How long the oldest pending task has waited."}, Family::Kind::kGauge,
      [](const QueueInfo& queue) { return absl::ToDoubleSeconds(queue.latency); });
  add({"asynq_queue_memory_usage_approx_bytes", "About how much of Redis' memory the tasks take."},
      Family::Kind::kGauge, [](const QueueInfo& queue) { return static_cast<double>(queue.memory_bytes); });
  add({"asynq_tasks_processed_total", "Attempts that ended, the failed ones too."}, Family::Kind::kCounter,
      [](const QueueInfo& queue) { return static_cast<double>(queue.total.processed); });
  add({"asynq_tasks_failed_total", "Attempts that failed."}, Family::Kind::kCounter,
      [](const QueueInfo& queue) { return static_cast<double>(queue.total.failed); });
  add({"asynq_queue_paused_total", "1 when the queue is paused, else 0."}, Family::Kind::kGauge,
      [](const QueueInfo& queue) { return queue.paused_at ? 1.0 : 0.0; });
  return families;
}

}  // namespace smallbiznis::task
