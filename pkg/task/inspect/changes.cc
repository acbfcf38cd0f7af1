#include <fmt/format.h>

#include "pkg/redis/command.h"
#include "pkg/status/status.h"
#include "pkg/task/inspect/change.h"
#include "pkg/task/inspect/inspector.h"
#include "pkg/task/inspect/lua/scripts.h"
#include "pkg/task/inspect/read.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace {

constexpr int kUpdateTries = 5;

// Whatever a message holds, its task can be run, archived and deleted.
Message ReadableMessage(std::string_view bytes, const std::string& queue, const std::string& id) {
  absl::StatusOr<Message> message = DecodeMessage(bytes);
  if (message.ok()) return *std::move(message);
  Message unreadable;
  unreadable.id = id;
  unreadable.queue = queue;
  return unreadable;
}

// The lock of a message that follows its content; empty for a task without one, or with one of another kind.
std::string ContentLock(const Message& message) {
  const bool by_content =
      message.unique_key == UniqueKey(message.queue, message.type, message.payload) ||
      (message.payload.empty() && message.unique_key == UniqueKey(message.queue, message.type, std::nullopt));
  return by_content ? message.unique_key : "";
}

}  // namespace

absl::StatusOr<ChangedTask> Inspector::RunTask(const std::string& queue, const std::string& id,
                                               const Consent& consent) {
  return ChangeTask(Action::kRun, {queue, id}, consent);
}
absl::StatusOr<ChangedTask> Inspector::ArchiveTask(const std::string& queue, const std::string& id,
                                                   const Consent& consent) {
  ASSIGN_OR_RETURN(ChangedTask changed, ChangeTask(Action::kArchive, {queue, id}, consent));
  // The task is archived, whatever becomes of this: servers trim as well.
  TrimArchive(queue).status().IgnoreError();
  return changed;
}
absl::StatusOr<ChangedTask> Inspector::DeleteTask(const std::string& queue, const std::string& id,
                                                  const Consent& consent) {
  return ChangeTask(Action::kDelete, {queue, id}, consent);
}

absl::StatusOr<ChangedTask> Inspector::ChangeTask(Action action, const Target& target, const Consent& consent) {
  RETURN_IF_ERROR(CheckQueue(target.queue));
  if (consent) {
    ASSIGN_OR_RETURN(const ChangedTask would_be, EvalChange(action, target, /*check=*/true));
    RETURN_IF_ERROR(consent(would_be));
  }
  return EvalChange(action, target, /*check=*/false);
}

absl::StatusOr<ChangedTask> Inspector::EvalChange(Action action, const Target& target, bool check) {
  const auto& [queue, id] = target;
  const absl::Time now = clock_.Now();
  std::vector<std::string> args = ChangeArgs(queue, action, now);
  args.push_back(id);
  args.emplace_back(check ? "check" : "");
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Eval(InspectScripts::Get().change_task, ChangeKeys(queue), args));
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, reply.AsArray());
  if (elements.empty()) return absl::InternalError("change_task answers an outcome");
  ASSIGN_OR_RETURN(const std::string_view outcome, elements[0].AsText());
  if (outcome == "missing") return TaskNotFound(queue, id);
  if (outcome == "active") return StateConflict(ActiveRefusal(action));
  if (outcome == "pending") return StateConflict("task is already in pending state");
  if (outcome == "archived") return StateConflict("task is already archived");
  if (outcome == "aggregating") return StateConflict("task is being aggregated");
  if (outcome != "done" || elements.size() != 4) return absl::InternalError("change_task answers four elements");
  ASSIGN_OR_RETURN(const std::string_view before, elements[1].AsText());
  ASSIGN_OR_RETURN(const std::string_view message, elements[2].AsText());
  ASSIGN_OR_RETURN(const std::string_view result, elements[3].AsText());
  ChangedTask changed;
  changed.before = ParseState(before).value_or(State::kActive);
  changed.task.message = ReadableMessage(message, queue, id);
  changed.task.result = result;
  changed.task.state = StateAfter(action).value_or(changed.before);
  if (changed.task.state == State::kPending) changed.task.next_process_at = now;
  return changed;
}

absl::Status Inspector::CancelTask(const std::string& queue, const std::string& id) {
  RETURN_IF_ERROR(CheckQueue(queue));
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Do(redis::Command("HGET").Key(TaskKey(queue, id)).Arg("state")));
  ASSIGN_OR_RETURN(const std::optional<std::string_view> state, reply.AsOptionalText());
  if (!state) return TaskNotFound(queue, id);
  if (*state != Name(State::kActive)) return StateConflict("task is not running");
  return redis_.Do(redis::Command("PUBLISH").Arg(kCancelChannel).Arg(id)).status();
}

absl::StatusOr<std::string> Inspector::EvalUpdate(std::span<const std::string> keys,
                                                  std::span<const std::string> args) {
  ASSIGN_OR_RETURN(redis::Reply reply, redis_.Eval(InspectScripts::Get().update_payload, keys, args));
  return std::move(reply).AsText();
}

absl::Status Inspector::UpdateTaskPayload(const std::string& queue, const std::string& id, const std::string& payload,
                                          const UpdateConsent& consent) {
  RETURN_IF_ERROR(CheckQueue(queue));
  const std::string keys[] = {TaskKey(queue, id)};
  bool asked = !consent;
  for (int tries = 0; tries < kUpdateTries; ++tries) {
    ASSIGN_OR_RETURN(const redis::Reply read, redis_.Do(redis::Command("HGET").Key(keys[0]).Arg("msg")));
    ASSIGN_OR_RETURN(const std::optional<std::string_view> bytes, read.AsOptionalText());
    if (!bytes) return TaskNotFound(queue, id);
    ASSIGN_OR_RETURN(Message message, DecodeMessage(*bytes));
    const Message before = message;
    const std::string old_lock = ContentLock(message);
    message.payload = payload;
    if (!old_lock.empty()) message.unique_key = UniqueKey(queue, message.type, payload);
    const std::string new_lock = old_lock.empty() ? "" : message.unique_key;
    std::vector<std::string> args = {id, std::string(*bytes), Encode(message), old_lock, new_lock};
    args.emplace_back(asked ? "" : "check");
    absl::StatusOr<std::string> outcome = EvalUpdate(keys, args);
    if (outcome.ok() && *outcome == "updated" && !std::exchange(asked, true)) {
      RETURN_IF_ERROR(consent(before, message));
      args.back().clear();
      outcome = EvalUpdate(keys, args);
    }
    RETURN_IF_ERROR(outcome.status());
    if (*outcome == "updated") return absl::OkStatus();
    if (*outcome == "missing") return TaskNotFound(queue, id);
    if (*outcome == "state") return StateConflict("cannot update task that is not in scheduled state.");
    if (*outcome == "duplicate") {
      return status::Error(absl::StatusCode::kAlreadyExists, "TASK_DUPLICATE", "task already exists");
    }
  }
  return status::Error(absl::StatusCode::kAborted, "TASK_STATE_CONFLICT", "others keep changing this task");
}

}  // namespace smallbiznis::task
