#include "pkg/telemetry/log_exporter.h"

#include <string>
#include <vector>

namespace smallbiznis::telemetry {

void LogExporter::Export(const SpanData& span) {
  const std::string trace_id = span.context.trace_id(), span_id = span.context.span_id();
  const std::string parent = TraceContext{.span = span.parent}.span_id();
  const std::string status = absl::StatusCodeToString(span.status.code());
  std::vector<log::Field> fields = {{"name", span.name}, {"trace_id", trace_id}, {"span_id", span_id}};
  if (span.parent != 0) fields.push_back({"parent_span_id", parent});
  fields.push_back({"duration_us", absl::ToInt64Microseconds(span.end - span.start)});
  fields.push_back({"status", status});
  for (const auto& [key, value] : span.attributes) fields.push_back({key, value});
  logger_.Write(log::Level::kDebug, "span", fields);
}

}  // namespace smallbiznis::telemetry
