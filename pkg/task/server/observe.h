// What every attempt leaves behind: a span, metrics and a line in the log.
#pragma once

#include "pkg/clock/clock.h"
#include "pkg/log/logger.h"
#include "pkg/task/server/mux.h"
#include "pkg/telemetry/metrics.h"
#include "pkg/telemetry/trace.h"

namespace smallbiznis::task {

struct Observers {
  const clock::Clock& clock;
  const telemetry::Tracer& tracer;
  telemetry::Metrics& metrics;
  const log::Logger& logger;
};

// The span continues the trace of the task's `traceparent` header. Metrics: task_attempts_total by type and code,
// task_attempt_duration_seconds by type. The observers must outlive what the middleware wraps.
Mux::Middleware Observe(const Observers& observers);

}  // namespace smallbiznis::task
