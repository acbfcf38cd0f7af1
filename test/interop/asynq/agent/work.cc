#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "pkg/redis/command.h"
#include "pkg/status/status.h"
#include "pkg/task/server/mux.h"
#include "pkg/task/server/retry.h"
#include "pkg/task/server/server.h"
#include "test/interop/asynq/agent/agent.h"

namespace smallbiznis::interop {
namespace {

constexpr auto kForever = std::chrono::hours(1);

// False when the attempt was asked to stop meanwhile.
bool Wait(const task::Attempt& attempt, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  const std::stop_token stop = attempt.stop_token();
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

// Handlers by what the task's type asks for.
class Handlers {
 public:
  explicit Handlers(Agent& agent) : agent_(agent) {}

  absl::Status Handle(task::Attempt& attempt) const {
    if (attempt.type() == "count") return Count(attempt);
    agent_.output.Say({{"handled",
                        {{"id", attempt.id()},
                         {"type", attempt.type()},
                         {"payload", ToHex(attempt.payload())},
                         {"headers", attempt.headers()},
                         {"queue", attempt.queue()},
                         {"retried", attempt.retried()},
                         {"max_retry", attempt.max_retry()},
                         {"deadline", absl::ToUnixSeconds(attempt.deadline())}}}});
    const absl::Status failure = absl::InternalError(attempt.payload());
    if (attempt.type() == "fail") return failure;
    if (attempt.type() == "skip") return task::SkipRetry(failure);
    if (attempt.type() == "result") return attempt.WriteResult(attempt.payload());
    if (attempt.type() == "hang") Wait(attempt, kForever);
    if (attempt.type() == "hang") return absl::CancelledError("stopped");
    return absl::OkStatus();
  }

 private:
  // Takes the time that its payload says, fails the first attempt where that says so, and leaves one mark.
  absl::Status Count(const task::Attempt& attempt) const {
    const std::vector<std::string> words = absl::StrSplit(attempt.payload(), ' ');  // hash of marks, ms, "fail"
    int ms = 0;
    if (words.size() != 3 || !absl::SimpleAtoi(words[1], &ms)) return absl::InvalidArgumentError("no such payload");
    if (!Wait(attempt, std::chrono::milliseconds(ms))) return absl::CancelledError("stopped");
    if (words[2] == "fail" && attempt.retried() == 0) return absl::InternalError("the first attempt fails");
    return agent_.redis.Do(redis::Command("HINCRBY").Key(words[0]).Arg(attempt.id()).Arg(1)).status();
  }

  Agent& agent_;
};

absl::StatusOr<task::NewTask> Join(std::string_view group, const std::vector<task::Message>& members) {
  std::vector<std::string> payloads;
  for (const task::Message& member : members) payloads.push_back(member.payload);
  task::NewTask batch;
  batch.task.type = "batch";
  batch.task.payload = fmt::format("{}:{}", group, fmt::join(payloads, ","));
  return batch;
}

class Workers {
 public:
  explicit Workers(Agent& agent) : agent_(agent), handlers_(agent) {}

  Answer Start(const Json& request) {
    const std::string queue = request.at("queue");
    task::ServerOptions options;
    options.concurrency = request.at("concurrency");
    options.queues = {{queue, 1}};
    const absl::Duration delay = absl::Seconds(Find<int64_t>(request, "retry_s").value_or(0));
    options.retry_delay = [delay](int, const absl::Status&, const task::Message&) { return delay; };
    options.shutdown_timeout = absl::Seconds(1);
    if (Find<bool>(request, "aggregate").value_or(false)) {
      options.aggregation.aggregate = Join;
      options.aggregation.limits.grace_period = absl::Seconds(1);
    }
    ASSIGN_OR_RETURN(
        servers_[queue],
        task::Server::Start({.redis = agent_.redis_options, .clock = agent_.clock, .logger = agent_.logger},
                            std::move(options), [this](task::Attempt& attempt) { return handlers_.Handle(attempt); }));
    return Json{{"pid", getpid()}};
  }

  Answer Stop(const Json& request) {
    const auto server = servers_.extract(request.at("queue").get<std::string>());
    if (server.empty()) return absl::NotFoundError("no server works on it");
    server.mapped()->Shutdown();
    return Json::object();
  }

 private:
  Agent& agent_;
  const Handlers handlers_;
  std::map<std::string, std::unique_ptr<task::Server>> servers_;  // by queue
};

}  // namespace

Operations WorkOperations(Agent& agent) {
  const auto workers = std::make_shared<Workers>(agent);
  return {{"work", [workers](const Json& request) { return workers->Start(request); }},
          {"stop", [workers](const Json& request) { return workers->Stop(request); }}};
}

}  // namespace smallbiznis::interop
