#include "pkg/task/server/observe.h"

#include <string>

namespace smallbiznis::task {
namespace {

std::optional<telemetry::TraceContext> Parent(const Attempt& attempt) {
  const auto found = attempt.headers().find("traceparent");
  return found == attempt.headers().end() ? std::nullopt : telemetry::ParseTraceparent(found->second);
}

}  // namespace

Mux::Middleware Observe(const Observers& observers) {
  return [observers](Handler next) -> Handler {
    return [observers, next = std::move(next)](Attempt& attempt) {
      telemetry::Span span = observers.tracer.Start("task", Parent(attempt));
      span.SetAttribute("task.type", attempt.type());
      span.SetAttribute("task.id", attempt.id());
      span.SetAttribute("task.queue", attempt.queue());
      const absl::Time began = observers.clock.Now();
      const absl::Status status = next(attempt);
      const double seconds = absl::ToDoubleSeconds(observers.clock.Now() - began);
      span.SetStatus(status);
      const std::string trace_id = span.context().trace_id();
      const std::string code = absl::StatusCodeToString(status.code());
      observers.metrics
          .Counter({"task_attempts_total", "Attempts on tasks, by how their handler ended."},
                   {{"type", attempt.type()}, {"code", code}})
          .Increment();
      observers.metrics
          .Histogram({"task_attempt_duration_seconds", "How long handlers of tasks take."}, {{"type", attempt.type()}},
                     telemetry::LatencyBounds())
          .Observe(seconds);
      const log::Field fields[] = {{"type", attempt.type()},    {"task_id", attempt.id()},
                                   {"queue", attempt.queue()},  {"retried", attempt.retried()},
                                   {"trace_id", trace_id},      {"code", code},
                                   {"error", status.message()}, {"duration_ms", seconds * 1000}};
      observers.logger.Write(status.ok() ? log::Level::kInfo : log::Level::kWarn, "task", fields);
      return status;
    };
  };
}

}  // namespace smallbiznis::task
