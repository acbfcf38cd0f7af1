// What the operating system knows of this process, under the names that every Prometheus client library uses.
#pragma once

#include <vector>

#include "prometheus/metric_family.h"

namespace smallbiznis::telemetry {

// Reads /proc; a value that cannot be read is left out. `process_uptime_seconds` counts from the process's start.
std::vector<prometheus::MetricFamily> CollectProcess();

}  // namespace smallbiznis::telemetry
