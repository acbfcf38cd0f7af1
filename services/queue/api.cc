#include "services/queue/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"
#include "services/queue/api_messages.h"

namespace smallbiznis::queue {
namespace {

constexpr std::string_view kListQueues = "smallbiznis.queue.v1.QueueService.ListQueues";
constexpr std::string_view kListTasks = "smallbiznis.queue.v1.QueueService.ListTasks";
constexpr std::string_view kListServers = "smallbiznis.queue.v1.QueueService.ListServers";
constexpr std::string_view kListSchedules = "smallbiznis.queue.v1.QueueService.ListSchedules";
constexpr std::string_view kListGroups = "smallbiznis.queue.v1.QueueService.ListGroups";
constexpr std::string_view kListScheduleEvents = "smallbiznis.queue.v1.QueueService.ListScheduleEvents";
constexpr int kMaxHistory = 90;
constexpr int kMaxChanged = 1000;                     // by one call, so that it ends soon
constexpr int kKeptEvents = 1000;                     // of a schedule
constexpr size_t kMaxPayloadBytes = size_t{1} << 20;  // as for those who enqueue

// One page of items that are ordered by their keys, which are unique; `after` becomes the key of its last one, or empty
// when nothing follows.
template <class Item>
std::span<const Item> Slice(const std::vector<Item>& items, std::string (*key)(const Item&), int size,
                            std::string& after) {
  const auto first =
      std::find_if(items.begin(), items.end(), [&](const Item& item) { return after.empty() || key(item) > after; });
  const std::span<const Item> rest(first, items.end());
  const std::span<const Item> page = rest.first(std::min(rest.size(), static_cast<size_t>(size)));
  after = page.size() < rest.size() ? key(page.back()) : "";
  return page;
}

template <class Item>
void SortByKey(std::vector<Item>& items, std::string (*key)(const Item&)) {
  std::sort(items.begin(), items.end(), [key](const Item& a, const Item& b) { return key(a) < key(b); });
}

std::string QueueKey(const std::string& name) {
  return name;
}
std::string ServerKey(const task::LiveServer& server) {
  return fmt::format("{} {:010} {}", server.info.host, server.info.pid, server.info.server_id);
}
std::string ScheduleKey(const task::Schedule& schedule) {
  // The next one first; what has no next time begins with "Z" and comes last.
  const std::string next = schedule.entry.next_at == absl::InfiniteFuture()
                               ? "Z"
                               : absl::FormatTime("%E4Y%m%d%H%M%E9S", schedule.entry.next_at, absl::UTCTimeZone());
  return fmt::format("{} {} {}", next, schedule.scheduler_id, schedule.entry.id);
}

std::string GroupKey(const task::GroupInfo& group) {
  return group.name;
}
std::string EventKey(const task::EnqueueEvent& event) {
  // The newest one first.
  return fmt::format("{:020} {}", std::numeric_limits<int64_t>::max() - absl::ToUnixNanos(event.at), event.task_id);
}

std::string QueueResource(std::string_view queue) {
  return fmt::format("queues/{}", queue);
}
std::string TaskResource(std::string_view queue, std::string_view id) {
  return fmt::format("queues/{}/tasks/{}", queue, id);
}

std::string StateBytes(task::TaskInfo task, task::State state) {
  task.state = state;
  task.next_process_at.reset();  // the time of asking, where it is pending
  v1::Task message;
  ToProto(task, message);
  return rpc::StableBytes(message);
}

// Of the three requests that change many tasks.
template <class Request>
absl::StatusOr<task::Selection> ParseSelection(const Request& request) {
  ASSIGN_OR_RETURN(const task::State state, ParseState(request.state()));
  return task::Selection{.queue = request.queue(), .state = state, .group = request.group()};
}

template <class Response>
void AnswerMany(const task::BulkResult& result, Response& response) {
  response.set_changed_count(result.changed);
  response.set_more(result.more);
}

}  // namespace

template <class Request>
absl::StatusOr<QueueApi::Page> QueueApi::OpenPage(const crypto::PageContext& context, const Request& request) const {
  Page page;
  ASSIGN_OR_RETURN(page.size, crypto::PageSize(request.page_size()));
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(page.after, tokens_.Open(context, request.page_token()));
  }
  return page;
}

task::Inspector::Consent QueueApi::RecordTask(const rpc::Call& call) const {
  return [this, &call](const task::ChangedTask& changed) {
    const task::Message& message = changed.task.message;
    const bool gone = changed.task.state == changed.before;
    return trail_.Add(call, {.resource = TaskResource(message.queue, message.id),
                             .before = StateBytes(changed.task, changed.before),
                             .after = gone ? "" : StateBytes(changed.task, changed.task.state)});
  };
}

template <class Request>
absl::StatusOr<task::Inspector::Bulk> QueueApi::OpenBulk(const rpc::Call& call, const Request& request) const {
  const int count = request.max_count();
  if (count < 0 || count > kMaxChanged) {
    return status::InvalidField("max_count", fmt::format("must be at most {}", kMaxChanged));
  }
  const auto record = [this, &call, &request](int64_t total) {
    return trail_.Add(call, {.resource = fmt::format("queues/{}/tasks", request.queue()),
                             .before = fmt::format("{} {}", total, v1::TaskState_Name(request.state())),
                             .after = ""});
  };
  return task::Inspector::Bulk{.limit = count == 0 ? kMaxChanged : count, .consent = record, .progress = nullptr};
}

absl::Status QueueApi::RecordPause(const rpc::Call& call, const std::string& queue, bool pause) const {
  ASSIGN_OR_RETURN(const task::QueueInfo info, inspector_.GetQueue(queue));
  if (info.paused_at.has_value() == pause) return absl::OkStatus();  // nothing will change
  const auto word = [](bool paused) { return std::string(paused ? "paused" : "running"); };
  return trail_.Add(call, {.resource = QueueResource(queue), .before = word(!pause), .after = word(pause)});
}

absl::Status QueueApi::ListQueues(rpc::Call&, const v1::ListQueuesRequest& request, v1::ListQueuesResponse& response) {
  const crypto::PageContext context{kListQueues, ""};
  ASSIGN_OR_RETURN(Page page, OpenPage(context, request));
  ASSIGN_OR_RETURN(const std::vector<std::string> all, inspector_.ListQueues());
  const std::span<const std::string> names = Slice(all, &QueueKey, page.size, page.after);
  ASSIGN_OR_RETURN(const std::vector<task::QueueInfo> queues, inspector_.GetQueues(names));
  for (const task::QueueInfo& queue : queues) ToProto(queue, *response.add_queues());
  if (!page.after.empty()) response.set_next_page_token(tokens_.Make(context, page.after));
  return absl::OkStatus();
}

absl::Status QueueApi::GetQueue(rpc::Call&, const v1::GetQueueRequest& request, v1::Queue& response) {
  if (request.history_days() < 0 || request.history_days() > kMaxHistory) {
    return status::InvalidField("history_days", fmt::format("must be at most {}", kMaxHistory));
  }
  ASSIGN_OR_RETURN(const task::QueueInfo queue, inspector_.GetQueue(request.queue()));
  ToProto(queue, response);
  if (request.history_days() > 0) {
    ASSIGN_OR_RETURN(const std::vector<task::Day> days, inspector_.History(request.queue(), request.history_days()));
    for (const task::Day& day : days) ToProto(day, *response.add_history());
  }
  return absl::OkStatus();
}

absl::Status QueueApi::PauseQueue(rpc::Call& call, const v1::PauseQueueRequest& request, v1::Queue& response) {
  RETURN_IF_ERROR(RecordPause(call, request.queue(), /*pause=*/true));
  RETURN_IF_ERROR(inspector_.Pause(request.queue()).status());
  ASSIGN_OR_RETURN(const task::QueueInfo queue, inspector_.GetQueue(request.queue()));
  ToProto(queue, response);
  return absl::OkStatus();
}

absl::Status QueueApi::ResumeQueue(rpc::Call& call, const v1::ResumeQueueRequest& request, v1::Queue& response) {
  RETURN_IF_ERROR(RecordPause(call, request.queue(), /*pause=*/false));
  RETURN_IF_ERROR(inspector_.Unpause(request.queue()).status());
  ASSIGN_OR_RETURN(const task::QueueInfo queue, inspector_.GetQueue(request.queue()));
  ToProto(queue, response);
  return absl::OkStatus();
}

absl::Status QueueApi::RemoveQueue(rpc::Call& call, const v1::RemoveQueueRequest& request, v1::Queue& response) {
  ASSIGN_OR_RETURN(const task::QueueInfo queue, inspector_.GetQueue(request.queue()));
  const int64_t active = queue.tasks.at(task::State::kActive);
  const bool refused = request.force() ? active > 0 : queue.size() > 0 || queue.groups > 0;
  if (!refused) {
    const std::string before = fmt::format("{} tasks", queue.size());
    RETURN_IF_ERROR(trail_.Add(call, {.resource = QueueResource(request.queue()), .before = before, .after = ""}));
  }
  RETURN_IF_ERROR(inspector_.RemoveQueue(request.queue(), {.force = request.force()}));
  ToProto(queue, response);
  return absl::OkStatus();
}

absl::Status QueueApi::ListGroups(rpc::Call&, const v1::ListGroupsRequest& request, v1::ListGroupsResponse& response) {
  const crypto::PageContext context{kListGroups, request.queue()};
  ASSIGN_OR_RETURN(Page page, OpenPage(context, request));
  ASSIGN_OR_RETURN(std::vector<task::GroupInfo> groups, inspector_.ListGroups(request.queue()));
  SortByKey(groups, &GroupKey);
  for (const task::GroupInfo& group : Slice(groups, &GroupKey, page.size, page.after)) {
    ToProto(group, *response.add_groups());
  }
  if (!page.after.empty()) response.set_next_page_token(tokens_.Make(context, page.after));
  return absl::OkStatus();
}

absl::Status QueueApi::ListTasks(rpc::Call&, const v1::ListTasksRequest& request, v1::ListTasksResponse& response) {
  ASSIGN_OR_RETURN(const task::Selection selection, ParseSelection(request));
  const std::string filter =
      fmt::format("{} {} {}", task::Name(selection.state), request.queue().size(), request.queue() + request.group());
  const crypto::PageContext context{kListTasks, filter};
  ASSIGN_OR_RETURN(const Page page, OpenPage(context, request));
  ASSIGN_OR_RETURN(const task::TaskPage tasks,
                   inspector_.ListTasks(selection, {.size = page.size, .after = page.after}));
  for (const task::TaskInfo& task : tasks.tasks) ToProto(task, *response.add_tasks());
  if (!tasks.next.empty()) response.set_next_page_token(tokens_.Make(context, tasks.next));
  return absl::OkStatus();
}

absl::Status QueueApi::GetTask(rpc::Call&, const v1::GetTaskRequest& request, v1::Task& response) {
  ASSIGN_OR_RETURN(const task::TaskInfo task, inspector_.GetTask(request.queue(), request.task_id()));
  ToProto(task, response);
  return absl::OkStatus();
}

absl::Status QueueApi::RunTask(rpc::Call& call, const v1::RunTaskRequest& request, v1::Task& response) {
  ASSIGN_OR_RETURN(const task::ChangedTask changed,
                   inspector_.RunTask(request.queue(), request.task_id(), RecordTask(call)));
  ToProto(changed.task, response);
  return absl::OkStatus();
}

absl::Status QueueApi::ArchiveTask(rpc::Call& call, const v1::ArchiveTaskRequest& request, v1::Task& response) {
  ASSIGN_OR_RETURN(const task::ChangedTask changed,
                   inspector_.ArchiveTask(request.queue(), request.task_id(), RecordTask(call)));
  ToProto(changed.task, response);
  return absl::OkStatus();
}

absl::Status QueueApi::DeleteTask(rpc::Call& call, const v1::DeleteTaskRequest& request, v1::Task& response) {
  ASSIGN_OR_RETURN(const task::ChangedTask changed,
                   inspector_.DeleteTask(request.queue(), request.task_id(), RecordTask(call)));
  ToProto(changed.task, response);
  return absl::OkStatus();
}

absl::Status QueueApi::CancelTask(rpc::Call& call, const v1::CancelTaskRequest& request, v1::Task& response) {
  ASSIGN_OR_RETURN(const task::TaskInfo task, inspector_.GetTask(request.queue(), request.task_id()));
  if (task.state == task::State::kActive) {
    const std::string state = StateBytes(task, task.state);
    RETURN_IF_ERROR(trail_.Add(
        call, {.resource = TaskResource(request.queue(), request.task_id()), .before = state, .after = state}));
  }
  RETURN_IF_ERROR(inspector_.CancelTask(request.queue(), request.task_id()));
  ToProto(task, response);
  return absl::OkStatus();
}

absl::Status QueueApi::UpdateTaskPayload(rpc::Call& call, const v1::UpdateTaskPayloadRequest& request,
                                         v1::Task& response) {
  if (request.payload().size() > kMaxPayloadBytes) {
    return status::InvalidField("payload", fmt::format("must be at most {} bytes long", kMaxPayloadBytes));
  }
  const auto record = [&](const task::Message& before, const task::Message& after) {
    return trail_.Add(call, {.resource = TaskResource(request.queue(), request.task_id()),
                             .before = StateBytes({.message = before}, task::State::kScheduled),
                             .after = StateBytes({.message = after}, task::State::kScheduled)});
  };
  RETURN_IF_ERROR(inspector_.UpdateTaskPayload(request.queue(), request.task_id(), request.payload(), record));
  ASSIGN_OR_RETURN(const task::TaskInfo task, inspector_.GetTask(request.queue(), request.task_id()));
  ToProto(task, response);
  return absl::OkStatus();
}

absl::Status QueueApi::RunTasks(rpc::Call& call, const v1::RunTasksRequest& request, v1::RunTasksResponse& response) {
  ASSIGN_OR_RETURN(const task::Selection selection, ParseSelection(request));
  ASSIGN_OR_RETURN(const task::Inspector::Bulk bulk, OpenBulk(call, request));
  ASSIGN_OR_RETURN(const task::BulkResult result, inspector_.RunAll(selection, bulk));
  AnswerMany(result, response);
  return absl::OkStatus();
}

absl::Status QueueApi::ArchiveTasks(rpc::Call& call, const v1::ArchiveTasksRequest& request,
                                    v1::ArchiveTasksResponse& response) {
  ASSIGN_OR_RETURN(const task::Selection selection, ParseSelection(request));
  ASSIGN_OR_RETURN(const task::Inspector::Bulk bulk, OpenBulk(call, request));
  ASSIGN_OR_RETURN(const task::BulkResult result, inspector_.ArchiveAll(selection, bulk));
  AnswerMany(result, response);
  response.set_trimmed_count(result.trimmed);
  return absl::OkStatus();
}

absl::Status QueueApi::DeleteTasks(rpc::Call& call, const v1::DeleteTasksRequest& request,
                                   v1::DeleteTasksResponse& response) {
  ASSIGN_OR_RETURN(const task::Selection selection, ParseSelection(request));
  ASSIGN_OR_RETURN(const task::Inspector::Bulk bulk, OpenBulk(call, request));
  ASSIGN_OR_RETURN(const task::BulkResult result, inspector_.DeleteAll(selection, bulk));
  AnswerMany(result, response);
  return absl::OkStatus();
}

absl::Status QueueApi::ListServers(rpc::Call&, const v1::ListServersRequest& request,
                                   v1::ListServersResponse& response) {
  const crypto::PageContext context{kListServers, ""};
  ASSIGN_OR_RETURN(Page page, OpenPage(context, request));
  ASSIGN_OR_RETURN(std::vector<task::LiveServer> servers, inspector_.ListServers());
  SortByKey(servers, &ServerKey);
  for (const task::LiveServer& server : Slice(servers, &ServerKey, page.size, page.after)) {
    ToProto(server, *response.add_servers());
  }
  if (!page.after.empty()) response.set_next_page_token(tokens_.Make(context, page.after));
  return absl::OkStatus();
}

absl::Status QueueApi::ListSchedules(rpc::Call&, const v1::ListSchedulesRequest& request,
                                     v1::ListSchedulesResponse& response) {
  const crypto::PageContext context{kListSchedules, ""};
  ASSIGN_OR_RETURN(Page page, OpenPage(context, request));
  ASSIGN_OR_RETURN(std::vector<task::Schedule> schedules, inspector_.ListSchedules());
  SortByKey(schedules, &ScheduleKey);
  for (const task::Schedule& schedule : Slice(schedules, &ScheduleKey, page.size, page.after)) {
    ToProto(schedule, *response.add_schedules());
  }
  if (!page.after.empty()) response.set_next_page_token(tokens_.Make(context, page.after));
  return absl::OkStatus();
}

absl::Status QueueApi::ListScheduleEvents(rpc::Call&, const v1::ListScheduleEventsRequest& request,
                                          v1::ListScheduleEventsResponse& response) {
  const crypto::PageContext context{kListScheduleEvents, request.schedule_id()};
  ASSIGN_OR_RETURN(Page page, OpenPage(context, request));
  ASSIGN_OR_RETURN(std::vector<task::EnqueueEvent> events,
                   inspector_.ListScheduleEvents(request.schedule_id(), {.skip = 0, .most = kKeptEvents}));
  SortByKey(events, &EventKey);
  for (const task::EnqueueEvent& event : Slice(events, &EventKey, page.size, page.after)) {
    ToProto(event, *response.add_events());
  }
  if (!page.after.empty()) response.set_next_page_token(tokens_.Make(context, page.after));
  return absl::OkStatus();
}

}  // namespace smallbiznis::queue
