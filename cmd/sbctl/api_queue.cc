#include "cmd/sbctl/api_queue.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "cmd/sbctl/api_change.h"
#include "cmd/sbctl/api_pages.h"
#include "cmd/sbctl/api_show.h"
#include "cmd/sbctl/file.h"
#include "pkg/status/status.h"

namespace smallbiznis::sbctl {
namespace {

constexpr std::string_view kPackage = "smallbiznis.queue.v1";

template <class Request, class Response>
absl::Status Call(Session& session, std::string_view method, const Request& request, Response& response) {
  return session.api.Call(fmt::format("{}.{}", kPackage, method), request, response);
}

template <class Message>
absl::Status Print(Session& session, const Message& message) {
  if (session.json) {
    ShowJson(message, session.out);
  } else {
    Show(message, session.out);
  }
  return absl::OkStatus();
}

template <class Request, class Response>
absl::Status PrintPages(Session& session, std::string_view method, const Request& request, const char* items,
                        int limit) {
  const std::string path = fmt::format("{}.{}", kPackage, method);
  const absl::StatusOr<Response> all = CollectPages<Request, Response>(session, path, request, items, limit);
  return all.ok() ? Print(session, *all) : all.status();
}

// A command whose request has a queue, and a task if it is about one; prints what comes back.
template <class Request, class Response>
void AddCall(CLI::App& parent, Command& chosen, std::pair<const char*, const char*> name_and_help, const char* method) {
  CLI::App* const app = parent.add_subcommand(name_and_help.first, name_and_help.second);
  const auto request = std::make_shared<Request>();
  app->add_option_function<std::string>(
         "queue", [request](const std::string& queue) { request->set_queue(queue); }, "The queue's name")
      ->required();
  if constexpr (requires { request->task_id(); }) {
    app->add_option_function<std::string>(
           "id", [request](const std::string& id) { request->set_task_id(id); }, "The task's id")
        ->required();
  }
  if constexpr (requires { request->history_days(); }) {
    app->add_option_function<int>(
           "--days", [request](int days) { request->set_history_days(days); }, "How many days of its past to show")
        ->check(CLI::Range(0, 90));
  }
  app->callback([&chosen, request, method] {
    chosen = [request, method](Session& session) -> absl::Status {
      Response response;
      RETURN_IF_ERROR(Call(session, method, *request, response));
      return Print(session, response);
    };
  });
}

CLI::Option* AddState(CLI::App& app, std::string& state) {
  return app.add_option("--state", state, "active, pending, scheduled, retry, archived, completed or aggregating")
      ->check(CLI::IsMember({"active", "pending", "scheduled", "retry", "archived", "completed", "aggregating"}));
}

// A command that lists everything, of a queue or a schedule if its request has one.
template <class Request, class Response>
void AddList(CLI::App& parent, Command& chosen, std::pair<const char*, const char*> name_and_help,
             std::pair<const char*, const char*> method_and_items) {
  CLI::App* const app = parent.add_subcommand(name_and_help.first, name_and_help.second);
  const auto request = std::make_shared<Request>();
  if constexpr (requires { request->queue(); }) {
    app->add_option("queue", *request->mutable_queue(), "The queue's name")->required();
  }
  if constexpr (requires { request->schedule_id(); }) {
    app->add_option("schedule", *request->mutable_schedule_id(), "The schedule's id")->required();
  }
  app->callback([&chosen, request, method_and_items] {
    chosen = [request, method_and_items](Session& session) {
      const auto& [method, items] = method_and_items;
      return PrintPages<Request, Response>(session, method, *request, items, std::numeric_limits<int>::max());
    };
  });
}

void AddRemove(CLI::App& parent, Command& chosen) {
  CLI::App* const app = parent.add_subcommand("remove", "Remove a queue with its counters");
  const auto request = std::make_shared<RemoveRequest>();
  app->add_option("queue", request->queue, "The queue's name")->required();
  app->add_flag("--force", request->force, "With its tasks, unless some are active");
  app->add_flag("--yes", request->sure, "Do not ask");
  app->callback(
      [&chosen, request] { chosen = [request](Session& session) { return RemoveQueue(*request, session); }; });
}

void AddUpdate(CLI::App& parent, Command& chosen) {
  CLI::App* const app = parent.add_subcommand("update", "Give a scheduled task another payload");
  const auto request = std::make_shared<v1::UpdateTaskPayloadRequest>();
  const auto file = std::make_shared<std::string>();
  app->add_option("queue", *request->mutable_queue(), "The queue's name")->required();
  app->add_option("id", *request->mutable_task_id(), "The task's id")->required();
  CLI::Option_group* const payload = app->add_option_group("payload");
  payload->add_option("--payload", *request->mutable_payload(), "Its text");
  payload->add_option("--payload-file", *file, "A file that has its bytes");
  payload->require_option(1);
  app->callback([&chosen, request, file] {
    chosen = [request, file](Session& session) -> absl::Status {
      if (!file->empty()) {
        ASSIGN_OR_RETURN(*request->mutable_payload(), ReadFile(*file));
      }
      v1::Task task;
      RETURN_IF_ERROR(Call(session, "QueueService/UpdateTaskPayload", *request, task));
      return Print(session, task);
    };
  });
}

void AddTasks(CLI::App& parent, Command& chosen) {
  struct Arguments {
    v1::ListTasksRequest request;
    std::string queue;
    std::string state;
    std::string group;
    int limit = 50;
  };
  CLI::App* const app = parent.add_subcommand("tasks", "List the tasks of one state");
  const auto arguments = std::make_shared<Arguments>();
  app->add_option("queue", arguments->queue, "The queue's name")->required();
  AddState(*app, arguments->state)->required();
  app->add_option("--group", arguments->group, "Of aggregating tasks: which group");
  app->add_option("--limit", arguments->limit, "How many at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  app->callback([&chosen, arguments] {
    chosen = [arguments](Session& session) {
      v1::ListTasksRequest request;
      request.set_queue(arguments->queue);
      request.set_state(StateOf(arguments->state));
      request.set_group(arguments->group);
      return PrintPages<v1::ListTasksRequest, v1::ListTasksResponse>(session, "QueueService/ListTasks", request,
                                                                     "tasks", arguments->limit);
    };
  });
}

void AddChange(CLI::App& parent, Command& chosen, std::pair<const char*, const char*> name_and_help, Change change) {
  CLI::App* const app = parent.add_subcommand(name_and_help.first, name_and_help.second);
  const auto request = std::make_shared<ChangeRequest>();
  const auto all = std::make_shared<bool>(false);
  app->add_option("queue", request->queue, "The queue's name")->required();
  CLI::Option* const ids = app->add_option("id", request->ids, "Tasks by their ids");
  CLI::Option* const state = AddState(*app, request->state);
  CLI::Option* const flag = app->add_flag("--all", *all, "All tasks of a state")->excludes(ids)->needs(state);
  state->needs(flag);
  app->add_option("--group", request->group, "Of aggregating tasks: only this group")->needs(flag);
  if (change == Change::kDelete) app->add_flag("--yes", request->sure, "Do not ask");
  app->callback([&chosen, request, all, change] {
    if (request->ids.empty() && !*all) {
      throw CLI::ValidationError("id", "give ids of tasks, or --all with --state");
    }
    chosen = [request, change](Session& session) { return ChangeTasks(change, *request, session); };
  });
}

}  // namespace

void AddQueueCommands(CLI::App& app, Command& chosen) {
  CLI::App& queue = *app.add_subcommand("queue", "Task queues: look into them, run, archive and delete what is stuck");
  queue.require_subcommand(1);
  AddList<v1::ListQueuesRequest, v1::ListQueuesResponse>(queue, chosen, {"list", "List the queues"},
                                                         {"QueueService/ListQueues", "queues"});
  AddCall<v1::GetQueueRequest, v1::Queue>(queue, chosen, {"inspect", "Show one queue"}, "QueueService/GetQueue");
  AddTasks(queue, chosen);
  AddCall<v1::GetTaskRequest, v1::Task>(queue, chosen, {"task", "Show one task"}, "QueueService/GetTask");
  AddChange(queue, chosen, {"run", "Make tasks pending at once"}, Change::kRun);
  AddChange(queue, chosen, {"archive", "Put tasks aside: kept, and not tried again"}, Change::kArchive);
  AddChange(queue, chosen, {"delete", "Delete tasks"}, Change::kDelete);
  AddCall<v1::PauseQueueRequest, v1::Queue>(queue, chosen, {"pause", "Let workers take no more tasks"},
                                            "QueueService/PauseQueue");
  AddCall<v1::ResumeQueueRequest, v1::Queue>(queue, chosen, {"resume", "Let workers take tasks again"},
                                             "QueueService/ResumeQueue");
  AddRemove(queue, chosen);
  AddUpdate(queue, chosen);
  AddCall<v1::CancelTaskRequest, v1::Task>(queue, chosen, {"cancel", "Ask whoever works on a task to stop"},
                                           "QueueService/CancelTask");
  AddList<v1::ListServersRequest, v1::ListServersResponse>(
      queue, chosen, {"servers", "List the programs that work on queues, and what they are at"},
      {"QueueService/ListServers", "servers"});
  AddList<v1::ListSchedulesRequest, v1::ListSchedulesResponse>(
      queue, chosen, {"schedules", "List what is enqueued by the clock"}, {"QueueService/ListSchedules", "schedules"});
  AddList<v1::ListScheduleEventsRequest, v1::ListScheduleEventsResponse>(
      queue, chosen, {"events", "List when a schedule enqueued its tasks"},
      {"QueueService/ListScheduleEvents", "events"});
  AddList<v1::ListGroupsRequest, v1::ListGroupsResponse>(
      queue, chosen, {"groups", "List the groups whose tasks wait to be aggregated"},
      {"QueueService/ListGroups", "groups"});
}

void AddOutboxCommands(CLI::App& app, Command& chosen) {
  CLI::App& outbox = *app.add_subcommand("outbox", "What committed changes asked for and could not be delivered");
  outbox.require_subcommand(1);
  AddList<v1::ListParkedMessagesRequest, v1::ListParkedMessagesResponse>(
      outbox, chosen, {"list", "List the parked messages, and why they are"},
      {"OutboxService/ListParkedMessages", "messages"});
  CLI::App* const run = outbox.add_subcommand("run", "Run a parked message again");
  const auto request = std::make_shared<v1::RunParkedMessageRequest>();
  run->add_option("tenant", *request->mutable_tenant_id(), "The tenant's id")->required();
  run->add_option("message", *request->mutable_message_id(), "The message's id")->required();
  run->callback([&chosen, request] {
    chosen = [request](Session& session) -> absl::Status {
      v1::ParkedMessage message;
      RETURN_IF_ERROR(Call(session, "OutboxService/RunParkedMessage", *request, message));
      return Print(session, message);
    };
  });
}

}  // namespace smallbiznis::sbctl
