#include "cmd/sbctl/api_show.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "cmd/sbctl/table.h"
#include "cmd/sbctl/text.h"
#include "pkg/rpc/json/json.h"
#include "pkg/text/view.h"

namespace smallbiznis::sbctl {
namespace {

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

// "-" where there is none.
std::string Time(bool present, const google::protobuf::Timestamp& time) {
  return present ? TimeText(absl::FromUnixSeconds(time.seconds())) : "-";
}

std::string Number(int64_t number) {
  return std::to_string(number);
}

// "name:   value", one a line, values in one column.
class Facts {
 public:
  explicit Facts(std::ostream& out) : out_(out) {}
  void Add(std::string_view name, std::string_view value) {
    if (!value.empty() && value != "-") out_ << fmt::format("{:<16}{}\n", fmt::format("{}:", name), value);
  }

 private:
  std::ostream& out_;
};

}  // namespace

std::string StateName(v1::TaskState state) {
  return absl::AsciiStrToLower(v1::TaskState_Name(state));
}

v1::TaskState StateOf(std::string_view name) {
  v1::TaskState state = v1::TASK_STATE_UNSPECIFIED;
  v1::TaskState_Parse(absl::AsciiStrToUpper(text::ToAbsl(name)), &state);
  return state;
}

void ShowJson(const google::protobuf::Message& message, std::ostream& out) {
  std::string json;
  // What a message of the platform holds has a JSON form.
  rpc::json::Print(message, &json).IgnoreError();
  out << json << '\n';
}

void Show(const v1::ListQueuesResponse& answer, std::ostream& out) {
  if (answer.queues().empty()) out << "no queues\n";
  const auto right = [](const char* title) { return Column{title, Align::kRight}; };
  Table table({{"QUEUE"},
               {"STATE"},
               right("SIZE"),
               right("LATENCY"),
               right("MEMORY"),
               right("PENDING"),
               right("ACTIVE"),
               right("SCHEDULED"),
               right("RETRY"),
               right("ARCHIVED"),
               right("COMPLETED"),
               right("GROUPED"),
               right("PROCESSED"),
               right("FAILED")});
  for (const v1::Queue& queue : answer.queues()) {
    const v1::Queue::Tasks& tasks = queue.tasks();
    table.AddRow({Safe(queue.queue()), queue.has_pause_time() ? "paused" : "running", Number(queue.size()),
                  DurationText(ToDuration(queue.latency())), BytesText(queue.memory_bytes()), Number(tasks.pending()),
                  Number(tasks.active()), Number(tasks.scheduled()), Number(tasks.retry()), Number(tasks.archived()),
                  Number(tasks.completed()), Number(tasks.aggregating()), Number(queue.today().processed()),
                  Number(queue.today().failed())});
  }
  table.Print(out);
}

void Show(const v1::Queue& queue, std::ostream& out) {
  const v1::Queue::Tasks& tasks = queue.tasks();
  Facts facts(out);
  facts.Add("queue", Safe(queue.queue()));
  facts.Add("state",
            queue.has_pause_time() ? fmt::format("paused since {}", Time(true, queue.pause_time())) : "running");
  facts.Add("size", Number(queue.size()));
  facts.Add("latency", DurationText(ToDuration(queue.latency())));
  facts.Add("memory", fmt::format("about {}", BytesText(queue.memory_bytes())));
  const std::pair<v1::TaskState, int64_t> counts[] = {
      {v1::PENDING, tasks.pending()},         {v1::ACTIVE, tasks.active()},
      {v1::SCHEDULED, tasks.scheduled()},     {v1::RETRY, tasks.retry()},
      {v1::ARCHIVED, tasks.archived()},       {v1::COMPLETED, tasks.completed()},
      {v1::AGGREGATING, tasks.aggregating()},
  };
  for (const auto& [state, count] : counts) facts.Add(StateName(state), Number(count));
  facts.Add("groups", Number(queue.group_count()));
  facts.Add("today", fmt::format("{} processed, {} failed", queue.today().processed(), queue.today().failed()));
  facts.Add("in all", fmt::format("{} processed, {} failed", queue.total().processed(), queue.total().failed()));
  if (queue.history().empty()) return;
  Table table({{"DAY"}, {"PROCESSED", Align::kRight}, {"FAILED", Align::kRight}});
  for (const v1::Queue::Day& day : queue.history()) {
    table.AddRow({day.date(), Number(day.attempts().processed()), Number(day.attempts().failed())});
  }
  out << '\n';
  table.Print(out);
}

void Show(const v1::ListTasksResponse& answer, std::ostream& out) {
  if (answer.tasks().empty()) out << "no tasks\n";
  Table table({{"ID"}, {"TYPE"}, {"STATE"}, {"RETRIED"}, {"NEXT"}, {"LAST ERROR"}});
  for (const v1::Task& task : answer.tasks()) {
    table.AddRow({Safe(task.task_id()), Safe(task.type()),
                  task.orphaned() ? "active, orphaned" : StateName(task.state()),
                  fmt::format("{} of {}", task.retried(), task.max_retry()),
                  Time(task.has_next_process_time(), task.next_process_time()),
                  task.last_error().empty() ? "-" : Safe(task.last_error())});
  }
  table.Print(out);
}

void Show(const v1::Task& task, std::ostream& out) {
  Facts facts(out);
  facts.Add("id", Safe(task.task_id()));
  facts.Add("queue", Safe(task.queue()));
  facts.Add("type", Safe(task.type()));
  facts.Add("state", task.orphaned() ? "active, but nobody renews its lease" : StateName(task.state()));
  facts.Add("retried", fmt::format("{} of {}", task.retried(), task.max_retry()));
  facts.Add("next", Time(task.has_next_process_time(), task.next_process_time()));
  facts.Add("last error", Safe(task.last_error()));
  facts.Add("failed", Time(task.has_last_fail_time(), task.last_fail_time()));
  if (task.has_timeout()) facts.Add("timeout", DurationText(ToDuration(task.timeout())));
  facts.Add("deadline", Time(task.has_deadline(), task.deadline()));
  if (task.has_retention()) facts.Add("retention", DurationText(ToDuration(task.retention())));
  facts.Add("completed", Time(task.has_complete_time(), task.complete_time()));
  facts.Add("group", Safe(task.group()));
  const std::map<std::string, std::string> headers(task.headers().begin(), task.headers().end());
  for (const auto& [name, value] : headers) facts.Add("header", fmt::format("{}: {}", Safe(name), Safe(value)));
  facts.Add("payload", PayloadText(task.payload()));
  facts.Add("result", PayloadText(task.result()));
}

void Show(const v1::ListServersResponse& answer, std::ostream& out) {
  if (answer.servers().empty()) out << "no servers\n";
  Table servers({{"HOST"}, {"PID", Align::kRight}, {"STATUS"}, {"STARTED"}, {"BUSY", Align::kRight}, {"QUEUES"}});
  Table workers({{"HOST"}, {"PID", Align::kRight}, {"QUEUE"}, {"TASK"}, {"TYPE"}, {"STARTED"}, {"DEADLINE"}});
  for (const v1::Server& server : answer.servers()) {
    std::vector<std::string> queues;
    for (const auto& [name, weight] : std::map<std::string, int>(server.queues().begin(), server.queues().end())) {
      queues.push_back(fmt::format("{}:{}", Safe(name), weight));
    }
    servers.AddRow({Safe(server.host()), Number(server.pid()), Safe(server.status()),
                    Time(server.has_start_time(), server.start_time()),
                    fmt::format("{}/{}", server.workers_size(), server.concurrency()),
                    fmt::format("{}{}", fmt::join(queues, " "), server.strict_priority() ? " (strict)" : "")});
    for (const v1::Server::Worker& worker : server.workers()) {
      workers.AddRow({Safe(server.host()), Number(server.pid()), Safe(worker.queue()), Safe(worker.task_id()),
                      Safe(worker.type()), Time(worker.has_start_time(), worker.start_time()),
                      Time(worker.has_deadline(), worker.deadline())});
    }
  }
  servers.Print(out);
  const bool any = std::any_of(answer.servers().begin(), answer.servers().end(),
                               [](const v1::Server& server) { return server.workers_size() > 0; });
  if (any) out << '\n';
  workers.Print(out);
}

void Show(const v1::ListSchedulesResponse& answer, std::ostream& out) {
  if (answer.schedules().empty()) out << "no schedules\n";
  Table table({{"ID"}, {"SPEC"}, {"TYPE"}, {"NEXT"}, {"PREVIOUS"}, {"OPTIONS"}});
  for (const v1::Schedule& schedule : answer.schedules()) {
    table.AddRow({Safe(schedule.schedule_id()), Safe(schedule.spec()), Safe(schedule.type()),
                  Time(schedule.has_next_enqueue_time(), schedule.next_enqueue_time()),
                  Time(schedule.has_previous_enqueue_time(), schedule.previous_enqueue_time()),
                  Safe(fmt::format("{}", fmt::join(schedule.options(), " ")))});
  }
  table.Print(out);
}

void Show(const v1::ListScheduleEventsResponse& answer, std::ostream& out) {
  if (answer.events().empty()) out << "no events\n";
  Table table({{"ENQUEUED"}, {"TASK"}});
  for (const v1::ScheduleEvent& event : answer.events()) {
    table.AddRow({Time(event.has_enqueue_time(), event.enqueue_time()), Safe(event.task_id())});
  }
  table.Print(out);
}

void Show(const v1::ListGroupsResponse& answer, std::ostream& out) {
  if (answer.groups().empty()) out << "no groups\n";
  Table table({{"GROUP"}, {"SIZE", Align::kRight}});
  for (const v1::Group& group : answer.groups()) table.AddRow({Safe(group.group()), Number(group.size())});
  table.Print(out);
}

void Show(const v1::ListParkedMessagesResponse& answer, std::ostream& out) {
  if (answer.messages().empty()) out << "no parked messages\n";
  Table table({{"TENANT"}, {"MESSAGE"}, {"TOPIC"}, {"QUEUE"}, {"PARKED"}, {"ERROR"}});
  for (const v1::ParkedMessage& message : answer.messages()) {
    table.AddRow({Safe(message.tenant_id()), Safe(message.message_id()), Safe(message.topic()), Safe(message.queue()),
                  Time(message.has_park_time(), message.park_time()), Safe(message.error())});
  }
  table.Print(out);
}

void Show(const v1::ParkedMessage& message, std::ostream& out) {
  out << fmt::format("message {} ({}) of tenant {} runs again\n", Safe(message.message_id()), Safe(message.topic()),
                     Safe(message.tenant_id()));
}

}  // namespace smallbiznis::sbctl
