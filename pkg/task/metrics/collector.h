// The queues for Prometheus, under the names of asynq's x/metrics, so that dashboards made for it go on working.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "pkg/task/inspect/inspector.h"
#include "pkg/telemetry/metrics.h"

namespace smallbiznis::task {

//   asynq_tasks_enqueued_total{queue,state}  how many tasks are in each state
//   asynq_queue_size{queue}                  in all states
//   asynq_queue_latency_seconds{queue}       how long the oldest pending task has waited
//   asynq_queue_memory_usage_approx_bytes{queue}
//   asynq_tasks_processed_total{queue}, asynq_tasks_failed_total{queue}
//   asynq_queue_paused_total{queue}          1 or 0
//
// and queues_readable, which is 0 when Redis did not answer within `limit`: then it stands alone. For
// Metrics::ObserveFamilies.
std::vector<telemetry::Family> CollectQueues(const Inspector& inspector, absl::Duration limit);

}  // namespace smallbiznis::task
