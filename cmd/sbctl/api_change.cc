#include "cmd/sbctl/api_change.h"

#include <fmt/format.h>

#include <algorithm>

#include "cmd/sbctl/api_show.h"
#include "cmd/sbctl/progress.h"
#include "cmd/sbctl/text.h"
#include "pkg/status/status.h"

namespace smallbiznis::sbctl {
namespace {

constexpr std::string_view kService = "smallbiznis.queue.v1.QueueService";
constexpr int64_t kMaxStep = 1000;  // of one call
constexpr int64_t kMinStep = 100;

struct Words {
  std::string_view method;  // of one; "s" makes it that of many
  std::string_view doing;
  std::string_view done;
};

Words WordsOf(Change change) {
  switch (change) {
    case Change::kRun:
      return {"RunTask", "running", "made pending"};
    case Change::kArchive:
      return {"ArchiveTask", "archiving", "archived"};
    case Change::kDelete:
      break;
  }
  return {"DeleteTask", "deleting", "deleted"};
}

absl::Status AskBeforeDeleting(const std::string& what, Session& session) {
  if (!session.can_ask) return absl::FailedPreconditionError("--yes is needed where nobody can be asked");
  session.err << fmt::format("Delete {}? [y/N] ", what) << std::flush;
  std::string answer;
  std::getline(session.in, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return absl::OkStatus();
  return absl::CancelledError("nothing was deleted");
}

std::string Tasks(int64_t count, std::string_view state) {
  return fmt::format("{} {} task{}", count, state, count == 1 ? "" : "s");
}

template <class Request>
absl::Status ChangeEach(Change change, const ChangeRequest& asked, Session& session) {
  v1::ListTasksResponse changed;
  absl::Status first_error;
  for (const std::string& id : asked.ids) {
    Request request;
    request.set_queue(asked.queue);
    request.set_task_id(id);
    v1::Task task;
    const absl::Status status = session.api.Call(fmt::format("{}/{}", kService, WordsOf(change).method), request, task);
    if (status.ok()) {
      *changed.add_tasks() = std::move(task);
      if (!session.json) session.out << fmt::format("{} {}\n", WordsOf(change).done, Safe(id));
    } else if (first_error.ok()) {
      first_error = status;
    } else {
      session.err << "sbctl: " << status.message() << '\n';
    }
  }
  if (session.json) ShowJson(changed, session.out);
  return first_error;
}

int64_t CountOf(const v1::Queue::Tasks& tasks, v1::TaskState state) {
  const google::protobuf::FieldDescriptor* const field = tasks.GetDescriptor()->FindFieldByName(StateName(state));
  return field == nullptr ? 0 : tasks.GetReflection()->GetInt64(tasks, field);
}

// What the state held at the beginning: tasks that run may fail and come back, and then there would be no end.
template <class Request, class Response>
absl::Status ChangeAll(Change change, const ChangeRequest& asked, Session& session) {
  const Words words = WordsOf(change);
  const v1::TaskState state = StateOf(asked.state);
  v1::GetQueueRequest which;
  which.set_queue(asked.queue);
  v1::Queue queue;
  RETURN_IF_ERROR(session.api.Call(fmt::format("{}/GetQueue", kService), which, queue));
  const int64_t total = CountOf(queue.tasks(), state);
  if (change == Change::kDelete && total > 0 && !asked.sure) {
    const std::string what = fmt::format("{} of queue {}", Tasks(total, asked.state), Safe(asked.queue));
    RETURN_IF_ERROR(AskBeforeDeleting(what, session));
  }
  const int64_t step = std::clamp(total / 10, kMinStep, kMaxStep);
  Progress progress(session.err, {.what = std::string(words.doing), .total = total, .terminal = session.err_terminal});
  Response all;
  all.set_more(true);
  absl::Status status;
  // At least one call, so that what cannot be asked is refused.
  for (int64_t seen = 0; status.ok() && all.more() && (seen == 0 || seen < total);) {
    Request request;
    request.set_queue(asked.queue);
    request.set_state(state);
    request.set_group(asked.group);
    request.set_max_count(static_cast<int32_t>(std::clamp<int64_t>(total - seen, 1, step)));
    Response answer;
    status = session.api.Call(fmt::format("{}/{}s", kService, words.method), request, answer);
    if (!status.ok()) break;
    seen += request.max_count();
    all.set_changed_count(all.changed_count() + answer.changed_count());
    if constexpr (requires { answer.trimmed_count(); }) {
      all.set_trimmed_count(all.trimmed_count() + answer.trimmed_count());
    }
    all.set_more(answer.more());
    progress.Update(answer.more() ? std::min(seen, total) : total);
  }
  progress.End();
  if (session.json) {
    ShowJson(all, session.out);
  } else {
    session.out << fmt::format("{} {}\n", words.done, Tasks(all.changed_count(), asked.state));
    if constexpr (requires { all.trimmed_count(); }) {
      if (all.trimmed_count() > 0) {
        session.out << fmt::format("deleted {} that the archive has no room for, the oldest\n",
                                   Tasks(all.trimmed_count(), "archived"));
      }
    }
  }
  return status;
}

}  // namespace

absl::Status ChangeTasks(Change change, const ChangeRequest& request, Session& session) {
  const bool some = !request.ids.empty();
  if (some && change == Change::kDelete && !request.sure) {
    const std::string what = request.ids.size() == 1 ? fmt::format("task {}", Safe(request.ids[0]))
                                                     : fmt::format("{} tasks", request.ids.size());
    RETURN_IF_ERROR(AskBeforeDeleting(fmt::format("{} of queue {}", what, Safe(request.queue)), session));
  }
  switch (change) {
    case Change::kRun:
      return some ? ChangeEach<v1::RunTaskRequest>(change, request, session)
                  : ChangeAll<v1::RunTasksRequest, v1::RunTasksResponse>(change, request, session);
    case Change::kArchive:
      return some ? ChangeEach<v1::ArchiveTaskRequest>(change, request, session)
                  : ChangeAll<v1::ArchiveTasksRequest, v1::ArchiveTasksResponse>(change, request, session);
    case Change::kDelete:
      break;
  }
  return some ? ChangeEach<v1::DeleteTaskRequest>(change, request, session)
              : ChangeAll<v1::DeleteTasksRequest, v1::DeleteTasksResponse>(change, request, session);
}

absl::Status RemoveQueue(const RemoveRequest& asked, Session& session) {
  v1::GetQueueRequest which;
  which.set_queue(asked.queue);
  v1::Queue queue;
  RETURN_IF_ERROR(session.api.Call(fmt::format("{}/GetQueue", kService), which, queue));
  if (!asked.sure) {
    const std::string what = fmt::format("queue {} with {} tasks", Safe(asked.queue), queue.size());
    RETURN_IF_ERROR(AskBeforeDeleting(what, session));
  }
  v1::RemoveQueueRequest request;
  request.set_queue(asked.queue);
  request.set_force(asked.force);
  RETURN_IF_ERROR(session.api.Call(fmt::format("{}/RemoveQueue", kService), request, queue));
  if (session.json) {
    ShowJson(queue, session.out);
  } else {
    session.out << fmt::format("removed queue {} with {} tasks\n", Safe(asked.queue), queue.size());
  }
  return absl::OkStatus();
}

}  // namespace smallbiznis::sbctl
