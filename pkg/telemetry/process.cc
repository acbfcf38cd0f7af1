#include "pkg/telemetry/process.h"

#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace smallbiznis::telemetry {
namespace {

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// proc(5): fields of /proc/self/stat after the command name, which may hold blanks and ends at the last ')'.
std::vector<std::string> StatFields() {
  const std::string stat = ReadFile("/proc/self/stat");
  const size_t end = stat.rfind(')');
  if (end == std::string::npos || end + 2 > stat.size()) return {};
  return absl::StrSplit(stat.substr(end + 2), ' ');
}

std::optional<double> Field(const std::vector<std::string>& fields, size_t index) {
  double value = 0;
  if (index >= fields.size() || !absl::SimpleAtod(fields[index], &value)) return std::nullopt;
  return value;
}

// Seconds since 1970 at which the machine started.
std::optional<double> BootTime() {
  const std::vector<std::string> lines = absl::StrSplit(ReadFile("/proc/stat"), '\n');
  for (const std::string& line : lines) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words[0] == "btime") return Field(words, 1);
  }
  return std::nullopt;
}

double SecondsSinceBoot() {
  timespec now = {};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::optional<double> OpenFiles() {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return std::nullopt;
  int entries = 0;
  while (readdir(folder) != nullptr) ++entries;
  closedir(folder);
  return entries - 3;  // ".", ".." and the folder's own descriptor
}

class Families {
 public:
  void Add(const char* name, const char* help, prometheus::MetricType type, std::optional<double> value) {
    if (!value) return;
    prometheus::ClientMetric metric;
    if (type == prometheus::MetricType::Counter) {
      metric.counter.value = *value;
    } else {
      metric.gauge.value = *value;
    }
    families_.push_back({name, help, type, {metric}});
  }
  std::vector<prometheus::MetricFamily> Take() { return std::move(families_); }

 private:
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace

std::vector<prometheus::MetricFamily> CollectProcess() {
  using prometheus::MetricType;
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const std::vector<std::string> stat = StatFields();
  // Indexes are proc(5)'s numbers less 3: utime 14, stime 15, starttime 22, vsize 23, rss 24.
  const std::optional<double> user = Field(stat, 11), system = Field(stat, 12), start = Field(stat, 19);
  const std::optional<double> pages = Field(stat, 21), boot = BootTime();
  rlimit files = {};
  getrlimit(RLIMIT_NOFILE, &files);

  Families families;
  families.Add("process_cpu_seconds_total", "CPU time spent, user and system, in seconds.", MetricType::Counter,
               user && system ? std::optional((*user + *system) / ticks) : std::nullopt);
  families.Add("process_start_time_seconds", "When the process started, in seconds since 1970.", MetricType::Gauge,
               start && boot ? std::optional(*boot + *start / ticks) : std::nullopt);
  families.Add("process_uptime_seconds", "How long the process has been running.", MetricType::Gauge,
               start ? std::optional(SecondsSinceBoot() - *start / ticks) : std::nullopt);
  families.Add("process_resident_memory_bytes", "Resident memory.", MetricType::Gauge,
               pages ? std::optional(*pages * static_cast<double>(sysconf(_SC_PAGESIZE))) : std::nullopt);
  families.Add("process_virtual_memory_bytes", "Virtual memory.", MetricType::Gauge, Field(stat, 20));
  families.Add("process_open_fds", "Open file descriptors.", MetricType::Gauge, OpenFiles());
  families.Add("process_max_fds", "Most file descriptors that may be open.", MetricType::Gauge,
               static_cast<double>(files.rlim_cur));
  return families.Take();
}

}  // namespace smallbiznis::telemetry
