#include "pkg/task/wire/message.h"

#include <fmt/format.h>

#include "pkg/status/status.h"
#include "pkg/task/wire/asynq.pb.h"
#include "pkg/text/utf8.h"

namespace smallbiznis::task {
namespace {

constexpr int64_t kGoZeroTimeSeconds = -62135596800;  // 0001-01-01 00:00 UTC

template <class Proto>
absl::StatusOr<Proto> Parse(std::string_view bytes) {
  Proto proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return status::Error(absl::StatusCode::kDataLoss, "TASK_UNREADABLE",
                         fmt::format("these bytes are no {}", proto.GetTypeName()));
  }
  return proto;
}

std::optional<absl::Time> ToTime(int64_t unix_seconds) {
  if (unix_seconds == 0) return std::nullopt;
  return absl::FromUnixSeconds(unix_seconds);
}

int64_t ToSeconds(const std::optional<absl::Time>& time) {
  return time ? absl::ToUnixSeconds(*time) : 0;
}

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

void ToProto(absl::Time time, google::protobuf::Timestamp& out) {
  const int64_t seconds = absl::ToUnixSeconds(time);  // rounds down, also before 1970
  out.set_seconds(seconds);
  out.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

}  // namespace

std::string Encode(const Message& message) {
  asynq::TaskMessage proto;
  proto.set_type(message.type);
  proto.set_payload(message.payload);
  proto.set_id(message.id);
  proto.set_queue(message.queue);
  proto.set_retry(message.max_retry);
  proto.set_retried(message.retried);
  proto.set_error_msg(text::ReplaceInvalidUtf8(message.error));
  proto.set_timeout(absl::ToInt64Seconds(message.timeout));
  proto.set_deadline(ToSeconds(message.deadline));
  proto.set_unique_key(message.unique_key);
  proto.set_last_failed_at(ToSeconds(message.last_failed_at));
  proto.set_retention(absl::ToInt64Seconds(message.retention));
  proto.set_completed_at(ToSeconds(message.completed_at));
  proto.set_group_key(message.group);
  for (const auto& [name, value] : message.headers) (*proto.mutable_headers())[name] = value;
  return proto.SerializeAsString();
}

absl::StatusOr<Message> DecodeMessage(std::string_view bytes) {
  ASSIGN_OR_RETURN(asynq::TaskMessage proto, Parse<asynq::TaskMessage>(bytes));
  Message message;
  message.type = std::move(*proto.mutable_type());
  message.payload = std::move(*proto.mutable_payload());
  message.id = std::move(*proto.mutable_id());
  message.queue = std::move(*proto.mutable_queue());
  message.max_retry = proto.retry();
  message.retried = proto.retried();
  message.error = std::move(*proto.mutable_error_msg());
  message.timeout = absl::Seconds(proto.timeout());
  message.deadline = ToTime(proto.deadline());
  message.unique_key = std::move(*proto.mutable_unique_key());
  message.last_failed_at = ToTime(proto.last_failed_at());
  message.retention = absl::Seconds(proto.retention());
  message.completed_at = ToTime(proto.completed_at());
  message.group = std::move(*proto.mutable_group_key());
  for (auto& [name, value] : *proto.mutable_headers()) message.headers[name] = std::move(value);
  return message;
}

std::string Encode(const ServerInfo& info) {
  asynq::ServerInfo proto;
  proto.set_host(info.host);
  proto.set_pid(info.pid);
  proto.set_server_id(info.server_id);
  proto.set_concurrency(info.concurrency);
  for (const auto& [queue, weight] : info.queues) (*proto.mutable_queues())[queue] = weight;
  proto.set_strict_priority(info.strict_priority);
  proto.set_status(info.status);
  ToProto(info.started_at, *proto.mutable_start_time());
  proto.set_active_worker_count(info.active_workers);
  return proto.SerializeAsString();
}

absl::StatusOr<ServerInfo> DecodeServerInfo(std::string_view bytes) {
  ASSIGN_OR_RETURN(const asynq::ServerInfo proto, Parse<asynq::ServerInfo>(bytes));
  return ServerInfo{.host = proto.host(),
                    .pid = proto.pid(),
                    .server_id = proto.server_id(),
                    .concurrency = proto.concurrency(),
                    .queues = {proto.queues().begin(), proto.queues().end()},
                    .strict_priority = proto.strict_priority(),
                    .status = proto.status(),
                    .started_at = FromProto(proto.start_time()),
                    .active_workers = proto.active_worker_count()};
}

std::string Encode(const WorkerInfo& info) {
  asynq::WorkerInfo proto;
  proto.set_host(info.host);
  proto.set_pid(info.pid);
  proto.set_server_id(info.server_id);
  proto.set_task_id(info.task_id);
  proto.set_task_type(info.task_type);
  proto.set_task_payload(info.task_payload);
  proto.set_queue(info.queue);
  ToProto(info.started_at, *proto.mutable_start_time());
  ToProto(info.deadline, *proto.mutable_deadline());
  return proto.SerializeAsString();
}

absl::StatusOr<WorkerInfo> DecodeWorkerInfo(std::string_view bytes) {
  ASSIGN_OR_RETURN(const asynq::WorkerInfo proto, Parse<asynq::WorkerInfo>(bytes));
  return WorkerInfo{.host = proto.host(),
                    .pid = proto.pid(),
                    .server_id = proto.server_id(),
                    .task_id = proto.task_id(),
                    .task_type = proto.task_type(),
                    .task_payload = proto.task_payload(),
                    .queue = proto.queue(),
                    .started_at = FromProto(proto.start_time()),
                    .deadline = FromProto(proto.deadline())};
}

std::string Encode(const SchedulerEntry& entry) {
  asynq::SchedulerEntry proto;
  proto.set_id(entry.id);
  proto.set_spec(entry.spec);
  proto.set_task_type(entry.task_type);
  proto.set_task_payload(entry.task_payload);
  for (const std::string& option : entry.options) proto.add_enqueue_options(option);
  ToProto(entry.next_at, *proto.mutable_next_enqueue_time());
  ToProto(entry.previous_at.value_or(absl::FromUnixSeconds(kGoZeroTimeSeconds)), *proto.mutable_prev_enqueue_time());
  return proto.SerializeAsString();
}

absl::StatusOr<SchedulerEntry> DecodeSchedulerEntry(std::string_view bytes) {
  ASSIGN_OR_RETURN(const asynq::SchedulerEntry proto, Parse<asynq::SchedulerEntry>(bytes));
  SchedulerEntry entry{.id = proto.id(),
                       .spec = proto.spec(),
                       .task_type = proto.task_type(),
                       .task_payload = proto.task_payload(),
                       .options = {proto.enqueue_options().begin(), proto.enqueue_options().end()},
                       .next_at = FromProto(proto.next_enqueue_time()),
                       .previous_at = std::nullopt};
  if (proto.prev_enqueue_time().seconds() != kGoZeroTimeSeconds)
    entry.previous_at = FromProto(proto.prev_enqueue_time());
  return entry;
}

std::string Encode(const EnqueueEvent& event) {
  asynq::SchedulerEnqueueEvent proto;
  proto.set_task_id(event.task_id);
  ToProto(event.at, *proto.mutable_enqueue_time());
  return proto.SerializeAsString();
}

absl::StatusOr<EnqueueEvent> DecodeEnqueueEvent(std::string_view bytes) {
  ASSIGN_OR_RETURN(const asynq::SchedulerEnqueueEvent proto, Parse<asynq::SchedulerEnqueueEvent>(bytes));
  return EnqueueEvent{.task_id = proto.task_id(), .at = FromProto(proto.enqueue_time())};
}

}  // namespace smallbiznis::task
