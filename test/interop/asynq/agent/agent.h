// Our side of test/interop/asynq: what its operations share, and the operations. Each takes the request and answers a
// JSON object; peer/ does the same with Go's asynq, under the same names.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/log/logger.h"
#include "pkg/redis/client.h"
#include "pkg/task/client.h"
#include "pkg/task/task.h"

namespace smallbiznis::interop {

using Json = nlohmann::json;
using Answer = absl::StatusOr<Json>;
using Operation = std::function<Answer(const Json& request)>;
using Operations = std::map<std::string, Operation>;

// Lines on stdout. Thread-safe.
class Output {
 public:
  void Say(const Json& line);

 private:
  std::mutex mutex_;
};

struct Agent {
  explicit Agent(redis::Options options) : redis_options(std::move(options)) {}

  const redis::Options redis_options;
  const clock::SystemClock clock;
  const log::Logger logger{log::Level::kError, clock};
  redis::Client redis{redis_options};
  task::Client client{redis, clock};
  Output output;
};

Operations EnqueueOperations(Agent& agent);
Operations ScheduleOperations(Agent& agent);
Operations WorkOperations(Agent& agent);
Operations InspectOperations(Agent& agent);
Operations WireOperations();

// What more than one of them needs.
task::NewTask ReadTask(const Json& request);
std::string ToHex(std::string_view bytes);
std::string FromHex(std::string_view hex);
int64_t UnixSeconds(const std::optional<absl::Time>& time);  // 0 for none
template <typename T>
std::optional<T> Find(const Json& request, const char* name) {
  const auto found = request.find(name);
  return found == request.end() || found->is_null() ? std::nullopt : std::optional<T>(found->get<T>());
}

}  // namespace smallbiznis::interop
