#include <algorithm>
#include <utility>
#include <vector>

#include "pkg/status/status.h"
#include "test/interop/asynq/agent/agent.h"

namespace smallbiznis::interop {
namespace {

constexpr int kAtOnce = 500;

std::optional<absl::Duration> FindSeconds(const Json& request, const char* name) {
  const auto seconds = Find<int64_t>(request, name);
  return seconds ? std::optional(absl::Seconds(*seconds)) : std::nullopt;
}

std::optional<absl::Time> FindTime(const Json& request, const char* name) {
  const auto seconds = Find<int64_t>(request, name);
  return seconds ? std::optional(absl::FromUnixSeconds(*seconds)) : std::nullopt;
}

// JSON cannot carry what is not UTF-8: `broken` names the text that gets such a byte.
void Break(const std::string& broken, task::NewTask& task) {
  constexpr std::string_view kNoUtf8 = "\xff";
  if (broken == "type") task.task.type += kNoUtf8;
  if (broken == "header") task.task.headers["name"] += kNoUtf8;
  if (broken == "queue") *task.options.queue += kNoUtf8;
  if (broken == "id") task.options.id = std::string(kNoUtf8);
  if (broken == "group") task.options.group = std::string(kNoUtf8);
}

Answer Enqueue(task::Client& client, const Json& request) {
  task::NewTask task = ReadTask(request);
  if (const auto broken = Find<std::string>(request, "broken")) Break(*broken, task);
  ASSIGN_OR_RETURN(const task::TaskInfo info, client.Enqueue(task.task, task.options));
  return Json{{"id", info.message.id}, {"queue", info.message.queue}, {"state", std::string(Name(info.state))}};
}

// Where none is given, the payload of each is its id.
Answer EnqueueMany(task::Client& client, const Json& request) {
  const int count = request.at("count");
  const std::string ahead = request.at("ahead");
  for (int begin = 0; begin < count; begin += kAtOnce) {
    std::vector<task::NewTask> tasks;
    for (int i = begin; i < std::min(begin + kAtOnce, count); ++i) {
      tasks.push_back(ReadTask(request));
      tasks.back().options.id = ahead + std::to_string(i);
      if (!tasks.back().task.payload) tasks.back().task.payload = tasks.back().options.id;
    }
    for (const auto& added : client.EnqueueAll(tasks)) RETURN_IF_ERROR(added.status());
  }
  return Json{{"added", count}};
}

}  // namespace

task::NewTask ReadTask(const Json& request) {
  task::NewTask result;
  result.task.type = request.at("type");
  if (const auto payload = Find<std::string>(request, "payload")) result.task.payload = FromHex(*payload);
  result.task.headers =
      Find<std::map<std::string, std::string>>(request, "headers").value_or(decltype(task::Task::headers)());
  task::EnqueueOptions& options = result.options;
  options.queue = Find<std::string>(request, "queue");
  options.id = Find<std::string>(request, "id");
  options.max_retry = Find<int>(request, "max_retry");
  options.timeout = FindSeconds(request, "timeout_s");
  options.deadline = FindTime(request, "deadline");
  options.unique_for = FindSeconds(request, "unique_s");
  options.process_at = FindTime(request, "process_at");
  options.process_in = FindSeconds(request, "process_in_s");
  options.retention = FindSeconds(request, "retention_s");
  options.group = Find<std::string>(request, "group");
  return result;
}

Operations EnqueueOperations(Agent& agent) {
  return {{"enqueue", [&client = agent.client](const Json& request) { return Enqueue(client, request); }},
          {"enqueue_many", [&client = agent.client](const Json& request) { return EnqueueMany(client, request); }}};
}

}  // namespace smallbiznis::interop
