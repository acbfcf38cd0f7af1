#include "pkg/task/client.h"

#include <utility>

#include "pkg/status/status.h"
#include "pkg/task/compose.h"

namespace smallbiznis::task {
namespace {

absl::StatusOr<TaskInfo> ToInfo(Addition addition, const absl::StatusOr<Added>& added, absl::Time now) {
  if (!added.ok()) return added.status();
  switch (*added) {
    case Added::kDuplicate:
      return status::Error(absl::StatusCode::kAlreadyExists, "TASK_DUPLICATE", "task already exists");
    case Added::kConflict:
      return status::Error(absl::StatusCode::kAlreadyExists, "TASK_ID_CONFLICT", "task ID conflicts with another task");
    case Added::kTicked:
      return absl::InternalError("a task without a tick cannot have been ticked");
    case Added::kAdded:
      break;
  }
  TaskInfo info;
  info.state = addition.due                     ? State::kScheduled
               : addition.message.group.empty() ? State::kPending
                                                : State::kAggregating;
  if (info.state != State::kAggregating) info.next_process_at = addition.due.value_or(now);
  info.message = std::move(addition.message);
  return info;
}

}  // namespace

Client::Client(redis::Client& redis, const clock::Clock& clock, Options options)
    : clock_(clock), options_(options), producer_(redis, clock) {}

absl::StatusOr<TaskInfo> Client::Enqueue(const Task& task, const EnqueueOptions& options) {
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(Addition addition, Compose(task, options, options_.max_payload_bytes, now));
  const absl::StatusOr<Added> added = producer_.Add(addition);
  return ToInfo(std::move(addition), added, now);
}

std::vector<absl::StatusOr<TaskInfo>> Client::EnqueueAll(std::span<const NewTask> tasks) {
  const absl::Time now = clock_.Now();
  std::vector<absl::StatusOr<TaskInfo>> answers(tasks.size(), absl::UnknownError("not asked"));
  struct Batch {
    std::vector<Addition> additions;
    std::vector<size_t> places;
  };
  std::map<std::string, Batch> batches;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const auto& [task, options] = tasks[i];
    absl::StatusOr<Addition> addition = Compose(task, options, options_.max_payload_bytes, now);
    if (!addition.ok()) {
      answers[i] = addition.status();
      continue;
    }
    Batch& batch = batches[addition->message.queue];
    batch.places.push_back(i);
    batch.additions.push_back(*std::move(addition));
  }
  for (auto& [queue, batch] : batches) {
    const std::vector<absl::StatusOr<Added>> added = producer_.Add(queue, batch.additions);
    for (size_t i = 0; i < added.size(); ++i) {
      answers[batch.places[i]] = ToInfo(std::move(batch.additions[i]), added[i], now);
    }
  }
  return answers;
}

}  // namespace smallbiznis::task
