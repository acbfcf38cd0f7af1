#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pkg/status/status.h"
#include "pkg/task/inspect/inspector.h"
#include "test/interop/asynq/agent/agent.h"

namespace smallbiznis::interop {
namespace {

using task::Inspector;
using task::State;

Json Describe(const task::TaskInfo& info) {
  const task::Message& m = info.message;
  return {{"id", m.id},
          {"type", m.type},
          {"payload", ToHex(m.payload)},
          {"queue", m.queue},
          {"state", std::string(Name(info.state))},
          {"max_retry", m.max_retry},
          {"retried", m.retried},
          {"error", m.error},
          {"last_failed_at", UnixSeconds(m.last_failed_at)},
          {"timeout_s", absl::ToInt64Seconds(m.timeout)},
          {"deadline", UnixSeconds(m.deadline)},
          {"group", m.group},
          {"next_at", UnixSeconds(info.next_process_at)},
          {"retention_s", absl::ToInt64Seconds(m.retention)},
          {"completed_at", UnixSeconds(m.completed_at)},
          {"result", ToHex(info.result)},
          {"orphaned", info.orphaned}};
}

Json Describe(const task::QueueInfo& queue) {
  Json result = {{"size", queue.size()},
                 {"groups", queue.groups},
                 {"paused", queue.paused_at.has_value()},
                 {"processed", queue.today.processed},
                 {"failed", queue.today.failed},
                 {"processed_total", queue.total.processed},
                 {"failed_total", queue.total.failed},
                 {"latency_ms", absl::ToInt64Milliseconds(queue.latency)},
                 {"memory", queue.memory_bytes}};
  for (const State state : task::kStates) result[std::string(Name(state))] = queue.tasks.at(state);
  return result;
}

absl::StatusOr<task::Selection> Select(const Json& request) {
  const auto state = task::ParseState(request.at("state").get<std::string>());
  if (!state) return absl::InvalidArgumentError("no such state");
  return task::Selection{
      .queue = request.at("queue"), .state = *state, .group = Find<std::string>(request, "group").value_or("")};
}

Answer Done(const absl::Status& status) {
  return status.ok() ? Answer(Json::object()) : Answer(status);
}

class Inspecting {
 public:
  explicit Inspecting(Agent& agent) : inspector_(agent.redis, agent.clock) {}

  Answer Queues(const Json&) const {
    ASSIGN_OR_RETURN(const std::vector<std::string> names, inspector_.ListQueues());
    return Json{{"queues", names}};
  }
  Answer Queue(const Json& request) const {
    ASSIGN_OR_RETURN(const task::QueueInfo queue, inspector_.GetQueue(request.at("queue")));
    return Describe(queue);
  }
  Answer History(const Json& request) const {
    ASSIGN_OR_RETURN(const std::vector<task::Day> days, inspector_.History(request.at("queue"), 2));
    return Json{{"processed", days[0].attempts.processed}, {"failed", days[0].attempts.failed}};
  }
  Answer Groups(const Json& request) const {
    ASSIGN_OR_RETURN(const std::vector<task::GroupInfo> groups, inspector_.ListGroups(request.at("queue")));
    Json sizes = Json::object();
    for (const task::GroupInfo& group : groups) sizes[group.name] = group.tasks;
    return Json{{"groups", sizes}};
  }
  Answer List(const Json& request) const {
    ASSIGN_OR_RETURN(const task::Selection selection, Select(request));
    ASSIGN_OR_RETURN(const task::TaskPage page, inspector_.ListTasks(selection, {}));
    Json tasks = Json::array();
    for (const task::TaskInfo& info : page.tasks) tasks.push_back(Describe(info));
    return Json{{"tasks", tasks}};
  }
  Answer Get(const Json& request) const {
    ASSIGN_OR_RETURN(const task::TaskInfo info, inspector_.GetTask(request.at("queue"), request.at("id")));
    return Describe(info);
  }
  Answer Servers(const Json& request) const {
    ASSIGN_OR_RETURN(const auto servers, inspector_.ListServers());
    Json found = Json::array();
    for (const auto& [info, workers] : servers) {
      if (!info.queues.contains(request.at("queue"))) continue;
      Json of_server = Json::array();
      for (const task::WorkerInfo& worker : workers) {
        of_server.push_back({{"id", worker.task_id},
                             {"type", worker.task_type},
                             {"payload", ToHex(worker.task_payload)},
                             {"queue", worker.queue},
                             {"deadline", UnixSeconds(worker.deadline)},
                             {"started", UnixSeconds(worker.started_at)}});
      }
      found.push_back({{"host", info.host},
                       {"pid", info.pid},
                       {"concurrency", info.concurrency},
                       {"queues", info.queues},
                       {"strict", info.strict_priority},
                       {"status", info.status},
                       {"started", UnixSeconds(info.started_at)},
                       {"workers", of_server}});
    }
    return Json{{"servers", found}};
  }

  // Those whose tasks go to the queue.
  Answer Schedules(const Json& request) const {
    const std::string queue = fmt::format("Queue(\"{}\")", request.at("queue").get<std::string>());
    ASSIGN_OR_RETURN(const std::vector<task::Schedule> schedules, inspector_.ListSchedules());
    Json found = Json::array();
    for (const auto& [scheduler, entry] : schedules) {
      std::vector<std::string> options = entry.options;
      std::sort(options.begin(), options.end());
      if (!std::binary_search(options.begin(), options.end(), queue)) continue;
      found.push_back({{"id", entry.id},
                       {"spec", entry.spec},
                       {"type", entry.task_type},
                       {"payload", ToHex(entry.task_payload)},
                       {"options", options},
                       {"next", absl::ToUnixSeconds(entry.next_at)},
                       {"previous", UnixSeconds(entry.previous_at)}});
    }
    return Json{{"schedules", found}};
  }
  Answer Events(const Json& request) const {
    ASSIGN_OR_RETURN(const auto events, inspector_.ListScheduleEvents(request.at("id"), {}));
    Json found = Json::array();
    for (const auto& [id, at] : events) found.push_back({{"id", id}, {"at", absl::ToUnixSeconds(at)}});
    return Json{{"events", found}};
  }

  using ChangeOne = absl::StatusOr<task::ChangedTask> (*)(Inspector&, const std::string& queue, const std::string& id);
  Answer One(ChangeOne change, const Json& request) {
    return Done(change(inspector_, request.at("queue"), request.at("id")).status());
  }
  using ChangeAll = absl::StatusOr<task::BulkResult> (*)(Inspector&, const task::Selection&);
  Answer All(ChangeAll change, const Json& request) {
    ASSIGN_OR_RETURN(const task::Selection selection, Select(request));
    ASSIGN_OR_RETURN(const task::BulkResult result, change(inspector_, selection));
    return Json{{"changed", result.changed}};
  }
  // asynq refuses what is so already.
  using Switch = absl::StatusOr<bool> (Inspector::*)(const std::string&);
  Answer Turn(Switch change, const Json& request) {
    ASSIGN_OR_RETURN(const bool changed, (inspector_.*change)(request.at("queue")));
    return changed ? Answer(Json::object()) : Answer(absl::FailedPreconditionError("it is so already"));
  }
  Answer Cancel(const Json& request) { return Done(inspector_.CancelTask(request.at("queue"), request.at("id"))); }
  Answer Remove(const Json& request) { return Done(inspector_.RemoveQueue(request.at("queue"), {})); }
  Answer Update(const Json& request) {
    return Done(inspector_.UpdateTaskPayload(request.at("queue"), request.at("id"),
                                             FromHex(request.at("payload").get<std::string>())));
  }

 private:
  Inspector inspector_;
};

}  // namespace

Operations InspectOperations(Agent& agent) {
  const auto in = std::make_shared<Inspecting>(agent);
  const auto ask = [in](auto member) { return [in, member](const Json& request) { return ((*in).*member)(request); }; };
  const auto one = [in](Inspecting::ChangeOne change) {
    return [in, change](const Json& request) { return in->One(change, request); };
  };
  const auto all = [in](Inspecting::ChangeAll change) {
    return [in, change](const Json& request) { return in->All(change, request); };
  };
  const auto turn = [in](Inspecting::Switch change) {
    return [in, change](const Json& request) { return in->Turn(change, request); };
  };
  Operations operations = {{"queues", ask(&Inspecting::Queues)},       {"queue", ask(&Inspecting::Queue)},
                           {"history", ask(&Inspecting::History)},     {"groups", ask(&Inspecting::Groups)},
                           {"list", ask(&Inspecting::List)},           {"get", ask(&Inspecting::Get)},
                           {"servers", ask(&Inspecting::Servers)},     {"schedules", ask(&Inspecting::Schedules)},
                           {"events", ask(&Inspecting::Events)},       {"cancel", ask(&Inspecting::Cancel)},
                           {"remove_queue", ask(&Inspecting::Remove)}, {"update_payload", ask(&Inspecting::Update)}};
  operations["pause"] = turn(&Inspector::Pause);
  operations["unpause"] = turn(&Inspector::Unpause);
  operations["run"] = one([](Inspector& to, auto& queue, auto& id) { return to.RunTask(queue, id); });
  operations["archive"] = one([](Inspector& to, auto& queue, auto& id) { return to.ArchiveTask(queue, id); });
  operations["delete"] = one([](Inspector& to, auto& queue, auto& id) { return to.DeleteTask(queue, id); });
  operations["run_all"] = all([](Inspector& to, auto& selection) { return to.RunAll(selection, {}); });
  operations["archive_all"] = all([](Inspector& to, auto& selection) { return to.ArchiveAll(selection, {}); });
  operations["delete_all"] = all([](Inspector& to, auto& selection) { return to.DeleteAll(selection, {}); });
  return operations;
}

}  // namespace smallbiznis::interop
