#include "pkg/task/broker/producer.h"

#include <algorithm>

#include "pkg/redis/command.h"
#include "pkg/status/status.h"
#include "pkg/task/broker/scripts.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace {

constexpr size_t kTasksPerScript = 500;
constexpr absl::Duration kRegisterEvery = absl::Seconds(5);

redis::Command Enqueue(std::string_view queue, std::span<const Addition> additions, absl::Time now) {
  std::vector<std::string> args = {QueuePrefix(queue), std::to_string(absl::ToUnixNanos(now)),
                                   std::to_string(absl::ToUnixSeconds(now))};
  args.reserve(args.size() + kArgsOfAddition * additions.size());
  for (const Addition& addition : additions) Append(addition, args);
  const std::string keys[] = {StateKey(queue, State::kPending), StateKey(queue, State::kScheduled), GroupsKey(queue)};
  return redis::Command::Eval(Scripts::Get().enqueue, keys, args);
}

}  // namespace

bool Producer::MustRegister(std::string_view queue) {
  const absl::Time now = clock_.Now();
  const std::lock_guard lock(mutex_);
  const auto found = registered_.find(queue);
  if (found != registered_.end() && now - found->second < kRegisterEvery) return false;
  registered_.insert_or_assign(std::string(queue), now);
  return true;
}

std::vector<absl::StatusOr<Added>> Producer::Add(std::string_view queue, std::span<const Addition> additions) {
  // The name first: a queue with tasks that nobody can see would be worse than an empty one.
  std::vector<redis::Command> commands;
  const size_t first = MustRegister(queue) ? 1 : 0;
  if (first == 1) commands.push_back(redis::Command("SADD").Key(kQueuesKey).Arg(queue));
  const absl::Time now = clock_.Now();
  for (size_t i = 0; i < additions.size(); i += kTasksPerScript) {
    commands.push_back(Enqueue(queue, additions.subspan(i, std::min(kTasksPerScript, additions.size() - i)), now));
  }
  const std::vector<absl::StatusOr<redis::Reply>> replies = redis_.Pipeline(commands);

  std::vector<absl::StatusOr<Added>> answers;
  for (size_t i = first; i < replies.size(); ++i) {
    const size_t count = std::min(kTasksPerScript, additions.size() - answers.size());
    const auto array = replies[i].ok() ? replies[i]->AsArray() : replies[i].status();
    for (size_t j = 0; j < count; ++j) {
      if (!array.ok()) {
        answers.push_back(array.status());
      } else {
        answers.push_back(ParseAdded((*array)[j]));
      }
    }
  }
  return answers;
}

}  // namespace smallbiznis::task
