#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "pkg/redis/command.h"
#include "pkg/status/status.h"
#include "pkg/task/inspect/inspector.h"
#include "pkg/task/inspect/lua/scripts.h"
#include "pkg/task/inspect/read.h"
#include "pkg/task/wire/keys.h"
#include "pkg/text/view.h"

namespace smallbiznis::task {
namespace {

constexpr int kMaxPage = 1000;
// Of messages and results, so that a page fits into what a gRPC client takes by default.
constexpr int kMaxPageBytes = 2 << 20;
constexpr size_t kListElements = 5;

bool IsList(State state) {
  return state == State::kPending || state == State::kActive;
}

absl::Status NotAPage() {
  return status::InvalidField("after", "is not where a page of this list ends");
}

// "<position>" for a list; "<score> <id>" for a set. The words are the script's.
absl::StatusOr<std::vector<std::string>> ParseAfter(State state, const std::string& after) {
  if (after.empty()) return IsList(state) ? std::vector<std::string>{"0"} : std::vector<std::string>();
  if (IsList(state)) {
    int64_t position = 0;
    if (!absl::SimpleAtoi(after, &position) || position < 0) return NotAPage();
    return std::vector{after};
  }
  const size_t blank = after.find(' ');
  double score = 0;
  if (blank == after.npos || !absl::SimpleAtod(after.substr(0, blank), &score)) return NotAPage();
  return std::vector{after.substr(0, blank), after.substr(blank + 1)};
}

std::optional<absl::Time> DueTime(State state, std::string_view score, absl::Time now) {
  if (state == State::kPending) return now;
  if (state != State::kScheduled && state != State::kRetry) return std::nullopt;
  return ReadTime(score);
}

// Active, and nobody has renewed its lease in time.
bool IsOrphaned(State state, std::string_view lease, absl::Time now) {
  return state == State::kActive && ReadTime(lease).value_or(absl::InfinitePast()) <= now;
}

}  // namespace

absl::StatusOr<TaskPage> Inspector::ListTasks(const Selection& selection, const PageRequest& page) const {
  if (page.size < 1 || page.size > kMaxPage) {
    return status::InvalidField("size", fmt::format("must be 1 to {}", kMaxPage));
  }
  const State state = selection.state;
  ASSIGN_OR_RETURN(const std::vector<std::string> after, ParseAfter(state, page.after));
  ASSIGN_OR_RETURN(const std::string key, ListKey(selection));
  RETURN_IF_ERROR(CheckQueue(selection.queue));
  const std::string keys[] = {key, LeaseKey(selection.queue)};
  std::vector<std::string> args = {TaskKey(selection.queue, ""), IsList(state) ? "list" : "zset",
                                   std::to_string(page.size), std::to_string(kMaxPageBytes)};
  args.insert(args.end(), after.begin(), after.end());
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Eval(InspectScripts::Get().list_tasks, keys, args));
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, reply.AsArray());
  if (elements.size() % kListElements != 1) return absl::InternalError("list_tasks answers five elements a task");
  ASSIGN_OR_RETURN(const int64_t more, elements[0].AsInteger());

  const absl::Time now = clock_.Now();
  TaskPage answer;
  for (size_t i = 1; i < elements.size(); i += kListElements) {
    std::string_view texts[kListElements];  // id, score, message, result, lease
    for (size_t j = 0; j < kListElements; ++j) {
      ASSIGN_OR_RETURN(texts[j], elements[i + j].AsText());
    }
    if (more != 0) answer.next = fmt::format("{} {}", texts[1], texts[0]);
    absl::StatusOr<Message> message = DecodeMessage(texts[2]);
    if (texts[2].empty() || !message.ok()) continue;
    answer.tasks.push_back({.message = *std::move(message),
                            .state = state,
                            .next_process_at = DueTime(state, texts[1], now),
                            .result = std::string(texts[3]),
                            .orphaned = IsOrphaned(state, texts[4], now)});
  }
  if (more != 0 && IsList(state)) {
    int64_t first = 0;
    if (!absl::SimpleAtoi(after[0], &first)) return NotAPage();
    answer.next = std::to_string(first + static_cast<int64_t>(elements.size() / kListElements));
  }
  return answer;
}

absl::StatusOr<TaskInfo> Inspector::GetTask(const std::string& queue, const std::string& id) const {
  RETURN_IF_ERROR(CheckQueue(queue));
  const std::string keys[] = {TaskKey(queue, id), LeaseKey(queue), StateKey(queue, State::kScheduled),
                              StateKey(queue, State::kRetry)};
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Eval(InspectScripts::Get().get_task, keys, {id}));
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, reply.AsArray());
  if (elements.empty()) return TaskNotFound(queue, id);
  if (elements.size() != 5) return absl::InternalError("get_task answers five elements");
  std::string_view texts[5];  // message, state, result, due, lease
  for (size_t i = 0; i < std::size(texts); ++i) {
    ASSIGN_OR_RETURN(texts[i], elements[i].AsText());
  }
  TaskInfo info;
  ASSIGN_OR_RETURN(info.message, DecodeMessage(texts[0]));
  const std::optional<State> state = ParseState(texts[1]);
  if (!state) {
    return status::Error(absl::StatusCode::kDataLoss, "TASK_UNREADABLE",
                         fmt::format("the task is in a state that there is not: \"{}\"", texts[1]));
  }
  const absl::Time now = clock_.Now();
  info.state = *state;
  info.result = texts[2];
  info.next_process_at = DueTime(*state, texts[3], now);
  info.orphaned = IsOrphaned(*state, texts[4], now);
  return info;
}

}  // namespace smallbiznis::task
