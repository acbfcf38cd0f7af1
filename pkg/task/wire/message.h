// What asynq keeps in Redis, as values, and their bytes. All text in them must be UTF-8: Go refuses a message that is
// not, and the task would be stuck.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace smallbiznis::task {

// A task as it stands in its hash. Times and durations are whole seconds on the wire.
struct Message {
  std::string type;
  std::string payload;
  std::string id;
  std::string queue;
  int max_retry = 0;
  int retried = 0;
  std::string error;       // of the last failed attempt
  absl::Duration timeout;  // zero: none
  std::optional<absl::Time> deadline;
  std::string unique_key;  // the whole Redis key; empty: none
  std::optional<absl::Time> last_failed_at;
  absl::Duration retention;  // zero: gone when it succeeds
  std::optional<absl::Time> completed_at;
  std::string group;
  std::map<std::string, std::string> headers;
};

// Bytes that are not UTF-8 in `error` are replaced; the other texts are the caller's to check.
std::string Encode(const Message& message);
// DATA_LOSS, reason TASK_UNREADABLE.
absl::StatusOr<Message> DecodeMessage(std::string_view bytes);

struct ServerInfo {
  std::string host;
  int pid = 0;
  std::string server_id;
  int concurrency = 0;
  std::map<std::string, int> queues;  // with their weights, as configured
  bool strict_priority = false;
  std::string status;  // "new", "active", "stopped", "closed"
  absl::Time started_at;
  int active_workers = 0;
};
std::string Encode(const ServerInfo& info);
absl::StatusOr<ServerInfo> DecodeServerInfo(std::string_view bytes);

struct WorkerInfo {
  std::string host;
  int pid = 0;
  std::string server_id;
  std::string task_id;
  std::string task_type;
  std::string task_payload;
  std::string queue;
  absl::Time started_at;
  absl::Time deadline;
};
std::string Encode(const WorkerInfo& info);
absl::StatusOr<WorkerInfo> DecodeWorkerInfo(std::string_view bytes);

struct SchedulerEntry {
  std::string id;
  std::string spec;
  std::string task_type;
  std::string task_payload;
  std::vector<std::string> options;  // in Go's notation: MaxRetry(3)
  absl::Time next_at;
  std::optional<absl::Time> previous_at;  // none: never, which Go writes as its zero time
};
std::string Encode(const SchedulerEntry& entry);
absl::StatusOr<SchedulerEntry> DecodeSchedulerEntry(std::string_view bytes);

struct EnqueueEvent {
  std::string task_id;
  absl::Time at;
};
std::string Encode(const EnqueueEvent& event);
absl::StatusOr<EnqueueEvent> DecodeEnqueueEvent(std::string_view bytes);

}  // namespace smallbiznis::task
