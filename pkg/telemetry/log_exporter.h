// Spans as lines of the log: enough to follow a call on one machine, with no collector to run.
#pragma once

#include "pkg/log/logger.h"
#include "pkg/telemetry/trace.h"

namespace smallbiznis::telemetry {

// One "span" line at debug level for each span; enabled when the logger writes that level. Thread-safe.
class LogExporter final : public SpanExporter {
 public:
  // `logger` must outlive the exporter.
  explicit LogExporter(const log::Logger& logger) : logger_(logger) {}

  bool enabled() const override { return logger_.Enabled(log::Level::kDebug); }
  void Export(const SpanData& span) override;

 private:
  const log::Logger& logger_;
};

}  // namespace smallbiznis::telemetry
