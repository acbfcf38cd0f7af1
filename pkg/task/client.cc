#include "pkg/task/client.h"

#include <deque>
#include <map>
#include <utility>

#include "pkg/status/status.h"
#include "pkg/task/compose.h"

namespace smallbiznis::task {
namespace {

// What a bulk may have on its way: enough for Redis never to wait, and little enough to end in time.
constexpr size_t kScriptsOnTheirWay = 4;

// The answer for a task, of which `addition` is left without its message.
void Answer(Addition& addition, const absl::StatusOr<Added>& added, absl::Time now, absl::StatusOr<TaskInfo>& answer) {
  if (!added.ok()) {
    answer = added.status();
    return;
  }
  switch (*added) {
    case Added::kDuplicate:
      answer = status::Error(absl::StatusCode::kAlreadyExists, "TASK_DUPLICATE", "task already exists");
      return;
    case Added::kConflict:
      answer =
          status::Error(absl::StatusCode::kAlreadyExists, "TASK_ID_CONFLICT", "task ID conflicts with another task");
      return;
    case Added::kTicked:
      answer = absl::InternalError("a task without a tick cannot have been ticked");
      return;
    case Added::kAdded:
      break;
  }
  TaskInfo& info = answer.emplace();
  info.state = addition.due                     ? State::kScheduled
               : addition.message.group.empty() ? State::kPending
                                                : State::kAggregating;
  if (info.state != State::kAggregating) info.next_process_at = addition.due.value_or(now);
  info.message = std::move(addition.message);
}

}  // namespace

Client::Client(redis::Client& redis, const clock::Clock& clock, Options options)
    : clock_(clock), options_(options), producer_(redis, clock) {}

absl::StatusOr<TaskInfo> Client::Enqueue(const Task& task, const EnqueueOptions& options) {
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(Addition addition, Compose(task, options, options_.max_payload_bytes, now));
  const absl::StatusOr<Added> added = producer_.Add(addition);
  absl::StatusOr<TaskInfo> answer = absl::UnknownError("not asked");
  Answer(addition, added, now, answer);
  return answer;
}

// Puts the tasks together in portions and has Redis add one while the next is being made.
class Client::Bulk {
 public:
  Bulk(Client& client, size_t tasks)
      : client_(client),
        now_(client.clock_.Now()),
        portion_(Producer::Portion(tasks)),
        answers_(tasks, absl::UnknownError("not asked")) {}

  void Add(size_t place, const NewTask& asked) {
    absl::StatusOr<Addition> addition = Compose(asked.task, asked.options, client_.options_.max_payload_bytes, now_);
    if (!addition.ok()) {
      answers_[place] = addition.status();
      return;
    }
    Portion& portion = open_[addition->message.queue];
    portion.places.push_back(place);
    portion.additions.push_back(*std::move(addition));
    if (portion.additions.size() == portion_) Send(std::exchange(portion, {}));
  }

  std::vector<absl::StatusOr<TaskInfo>> Finish() {
    for (auto& [queue, portion] : open_) {
      if (!portion.additions.empty()) Send(std::move(portion));
    }
    while (!sent_.empty()) TakeAnswers();
    return std::move(answers_);
  }

 private:
  // The tasks of one script.
  struct Portion {
    std::vector<Addition> additions;
    std::vector<size_t> places;  // of the answers
    Producer::Started script;
  };

  void Send(Portion portion) {
    if (sent_.size() == kScriptsOnTheirWay) TakeAnswers();
    portion.script = client_.producer_.Start(portion.additions.front().message.queue, portion.additions);
    sent_.push_back(std::move(portion));
  }

  void TakeAnswers() {
    Portion portion = std::move(sent_.front());
    sent_.pop_front();
    const std::vector<absl::StatusOr<Added>> added = portion.script.Wait();
    for (size_t i = 0; i < added.size(); ++i) {
      Answer(portion.additions[i], added[i], now_, answers_[portion.places[i]]);
    }
  }

  Client& client_;
  const absl::Time now_;
  const size_t portion_;
  std::vector<absl::StatusOr<TaskInfo>> answers_;
  std::map<std::string, Portion> open_;  // by queue
  std::deque<Portion> sent_;
};

std::vector<absl::StatusOr<TaskInfo>> Client::EnqueueAll(std::span<const NewTask> tasks) {
  Bulk bulk(*this, tasks.size());
  for (size_t i = 0; i < tasks.size(); ++i) bulk.Add(i, tasks[i]);
  return bulk.Finish();
}

}  // namespace smallbiznis::task
