#include "services/queue/api_messages.h"

#include <cstdlib>
#include <optional>

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"
#include "pkg/text/utf8.h"

namespace smallbiznis::queue {
namespace {

// The ranges of google.protobuf.Timestamp and Duration.
const absl::Time kFirstTime = absl::FromUnixSeconds(-62'135'596'800);
const absl::Time kLastTime = absl::FromUnixSeconds(253'402'300'799);
constexpr absl::Duration kLongest = absl::Seconds(315'576'000'000);

template <class Message>
void SetTime(const std::optional<absl::Time>& time, Message& out, google::protobuf::Timestamp* (Message::*field)()) {
  if (time && *time >= kFirstTime && *time <= kLastTime) rpc::SetTime(*time, (out.*field)());
}

template <class Message>
void SetDuration(absl::Duration duration, Message& out, google::protobuf::Duration* (Message::*field)()) {
  if (duration == absl::ZeroDuration() || duration > kLongest || duration < -kLongest) return;
  google::protobuf::Duration* const message = (out.*field)();
  absl::Duration rest;
  message->set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  message->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
}

void ToProto(const task::AttemptCounts& attempts, v1::Queue::Attempts& out) {
  out.set_processed(attempts.processed);
  out.set_failed(attempts.failed);
}

void ToProto(const task::WorkerInfo& worker, v1::Server::Worker& out) {
  out.set_queue(worker.queue);
  out.set_task_id(worker.task_id);
  out.set_type(worker.task_type);
  SetTime(worker.started_at, out, &v1::Server::Worker::mutable_start_time);
  SetTime(worker.deadline, out, &v1::Server::Worker::mutable_deadline);
}

}  // namespace

v1::TaskState ToProto(task::State state) {
  switch (state) {
    case task::State::kActive:
      return v1::ACTIVE;
    case task::State::kPending:
      return v1::PENDING;
    case task::State::kScheduled:
      return v1::SCHEDULED;
    case task::State::kRetry:
      return v1::RETRY;
    case task::State::kArchived:
      return v1::ARCHIVED;
    case task::State::kCompleted:
      return v1::COMPLETED;
    case task::State::kAggregating:
      return v1::AGGREGATING;
  }
  std::abort();
}

absl::StatusOr<task::State> ParseState(v1::TaskState state) {
  for (const task::State known : task::kStates) {
    if (ToProto(known) == state) return known;
  }
  return status::InvalidField("state", "must be a state of a task");
}

void ToProto(const task::QueueInfo& queue, v1::Queue& out) {
  out.set_queue(text::ReplaceInvalidUtf8(queue.name));
  v1::Queue::Tasks& tasks = *out.mutable_tasks();
  tasks.set_active(queue.tasks.at(task::State::kActive));
  tasks.set_pending(queue.tasks.at(task::State::kPending));
  tasks.set_scheduled(queue.tasks.at(task::State::kScheduled));
  tasks.set_retry(queue.tasks.at(task::State::kRetry));
  tasks.set_archived(queue.tasks.at(task::State::kArchived));
  tasks.set_completed(queue.tasks.at(task::State::kCompleted));
  tasks.set_aggregating(queue.tasks.at(task::State::kAggregating));
  out.set_size(queue.size());
  out.set_group_count(queue.groups);
  out.set_memory_bytes(queue.memory_bytes);
  SetDuration(queue.latency, out, &v1::Queue::mutable_latency);
  SetTime(queue.paused_at, out, &v1::Queue::mutable_pause_time);
  ToProto(queue.today, *out.mutable_today());
  ToProto(queue.total, *out.mutable_total());
}

void ToProto(const task::Day& day, v1::Queue::Day& out) {
  out.set_date(absl::FormatTime("%Y-%m-%d", day.date, absl::UTCTimeZone()));
  ToProto(day.attempts, *out.mutable_attempts());
}

void ToProto(const task::TaskInfo& task, v1::Task& out) {
  const task::Message& message = task.message;
  out.set_queue(text::ReplaceInvalidUtf8(message.queue));
  out.set_task_id(text::ReplaceInvalidUtf8(message.id));
  out.set_type(message.type);
  out.set_payload(message.payload);
  out.mutable_headers()->insert(message.headers.begin(), message.headers.end());
  out.set_state(ToProto(task.state));
  out.set_max_retry(message.max_retry);
  out.set_retried(message.retried);
  out.set_last_error(message.error);
  SetTime(message.last_failed_at, out, &v1::Task::mutable_last_fail_time);
  SetDuration(message.timeout, out, &v1::Task::mutable_timeout);
  SetTime(message.deadline, out, &v1::Task::mutable_deadline);
  SetDuration(message.retention, out, &v1::Task::mutable_retention);
  SetTime(message.completed_at, out, &v1::Task::mutable_complete_time);
  SetTime(task.next_process_at, out, &v1::Task::mutable_next_process_time);
  out.set_group(message.group);
  out.set_result(task.result);
  out.set_orphaned(task.orphaned);
}

void ToProto(const task::LiveServer& server, v1::Server& out) {
  const task::ServerInfo& info = server.info;
  out.set_server_id(info.server_id);
  out.set_host(info.host);
  out.set_pid(info.pid);
  out.set_status(info.status);
  out.set_concurrency(info.concurrency);
  out.mutable_queues()->insert(info.queues.begin(), info.queues.end());
  out.set_strict_priority(info.strict_priority);
  SetTime(info.started_at, out, &v1::Server::mutable_start_time);
  for (const task::WorkerInfo& worker : server.workers) ToProto(worker, *out.add_workers());
}

void ToProto(const task::Schedule& schedule, v1::Schedule& out) {
  const task::SchedulerEntry& entry = schedule.entry;
  out.set_schedule_id(entry.id);
  out.set_spec(entry.spec);
  out.set_type(entry.task_type);
  out.set_payload(entry.task_payload);
  for (const std::string& option : entry.options) out.add_options(option);
  SetTime(entry.next_at, out, &v1::Schedule::mutable_next_enqueue_time);
  SetTime(entry.previous_at, out, &v1::Schedule::mutable_previous_enqueue_time);
  out.set_scheduler_id(text::ReplaceInvalidUtf8(schedule.scheduler_id));
}

void ToProto(const task::GroupInfo& group, v1::Group& out) {
  out.set_group(text::ReplaceInvalidUtf8(group.name));
  out.set_size(group.tasks);
}

void ToProto(const task::EnqueueEvent& event, v1::ScheduleEvent& out) {
  out.set_task_id(event.task_id);
  SetTime(event.at, out, &v1::ScheduleEvent::mutable_enqueue_time);
}

}  // namespace smallbiznis::queue
