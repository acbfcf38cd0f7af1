// Reads and writes asynq's messages by our own code, under the names of their fields.
#include "pkg/status/status.h"
#include "pkg/task/wire/message.h"
#include "test/interop/asynq/agent/agent.h"

namespace smallbiznis::interop {
namespace {

constexpr int64_t kGoZeroTime = -62135596800;  // "never"

Json ToJson(absl::Time time) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  return Json::array({seconds, absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))});
}

// Like proto3: what is zero is not there.
Json WithoutZeros(const Json& fields) {
  Json result = Json::object();
  for (const auto& [name, value] : fields.items()) {
    const bool zero = value.is_boolean()  ? !value.get<bool>()
                      : value.is_number() ? value == 0
                                          : value == "" || value.empty();
    if (!zero) result[name] = value;
  }
  return result;
}

Json Fields(const task::Message& m) {
  return {{"type", m.type},
          {"payload", ToHex(m.payload)},
          {"id", m.id},
          {"queue", m.queue},
          {"retry", m.max_retry},
          {"retried", m.retried},
          {"error_msg", m.error},
          {"timeout", absl::ToInt64Seconds(m.timeout)},
          {"deadline", UnixSeconds(m.deadline)},
          {"unique_key", m.unique_key},
          {"last_failed_at", UnixSeconds(m.last_failed_at)},
          {"retention", absl::ToInt64Seconds(m.retention)},
          {"completed_at", UnixSeconds(m.completed_at)},
          {"group_key", m.group},
          {"headers", m.headers}};
}

Json Fields(const task::ServerInfo& s) {
  return {{"host", s.host},
          {"pid", s.pid},
          {"server_id", s.server_id},
          {"concurrency", s.concurrency},
          {"queues", s.queues},
          {"strict_priority", s.strict_priority},
          {"status", s.status},
          {"start_time", ToJson(s.started_at)},
          {"active_worker_count", s.active_workers}};
}

Json Fields(const task::WorkerInfo& w) {
  return {{"host", w.host},
          {"pid", w.pid},
          {"server_id", w.server_id},
          {"task_id", w.task_id},
          {"task_type", w.task_type},
          {"task_payload", ToHex(w.task_payload)},
          {"queue", w.queue},
          {"start_time", ToJson(w.started_at)},
          {"deadline", ToJson(w.deadline)}};
}

Json Fields(const task::SchedulerEntry& e) {
  return {{"id", e.id},
          {"spec", e.spec},
          {"task_type", e.task_type},
          {"task_payload", ToHex(e.task_payload)},
          {"enqueue_options", e.options},
          {"next_enqueue_time", ToJson(e.next_at)},
          {"prev_enqueue_time", ToJson(e.previous_at.value_or(absl::FromUnixSeconds(kGoZeroTime)))}};
}

Json Fields(const task::EnqueueEvent& e) {
  return {{"task_id", e.task_id}, {"enqueue_time", ToJson(e.at)}};
}

template <typename T>
Answer Describe(const absl::StatusOr<T>& message) {
  RETURN_IF_ERROR(message.status());
  return Json{{"fields", WithoutZeros(Fields(*message))}, {"again", ToHex(Encode(*message))}};
}

Answer Decode(const Json& request) {
  const std::string kind = request.at("kind");
  const std::string bytes = FromHex(request.at("bytes").get<std::string>());
  if (kind == "TaskMessage") return Describe(task::DecodeMessage(bytes));
  if (kind == "ServerInfo") return Describe(task::DecodeServerInfo(bytes));
  if (kind == "WorkerInfo") return Describe(task::DecodeWorkerInfo(bytes));
  if (kind == "SchedulerEntry") return Describe(task::DecodeSchedulerEntry(bytes));
  if (kind == "SchedulerEnqueueEvent") return Describe(task::DecodeEnqueueEvent(bytes));
  return absl::InvalidArgumentError("no such message");
}

}  // namespace

Operations WireOperations() {
  return {{"decode", Decode}};
}

}  // namespace smallbiznis::interop
