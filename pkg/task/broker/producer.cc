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

using Answers = std::vector<absl::StatusOr<Added>>;

// Runs at once and holds no lock: the most common case has a script of its own.
bool IsPlain(const Addition& addition) {
  return !addition.due && addition.message.group.empty() && addition.message.unique_key.empty() &&
         addition.tick.empty();
}

redis::Command EnqueuePending(std::string_view queue, std::span<const Addition> additions, absl::Time now) {
  std::vector<std::string> args = {TaskKey(queue, ""), std::to_string(absl::ToUnixNanos(now))};
  args.reserve(args.size() + 2 * additions.size());
  for (const Addition& addition : additions) {
    args.push_back(addition.message.id);
    args.push_back(Encode(addition.message));
  }
  const std::string keys[] = {StateKey(queue, State::kPending)};
  return redis::Command::Eval(Scripts::Get().enqueue_pending, keys, args);
}

absl::Status ParsePending(const redis::Reply& reply, std::span<absl::StatusOr<Added>> answers) {
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> refused, reply.AsArray());
  std::fill(answers.begin(), answers.end(), Added::kAdded);
  for (const redis::Reply& place : refused) {
    ASSIGN_OR_RETURN(const int64_t from_one, place.AsInteger());
    answers[static_cast<size_t>(from_one) - 1] = Added::kConflict;
  }
  return absl::OkStatus();
}

redis::Command EnqueueAny(std::string_view queue, std::span<const Addition> additions, absl::Time now) {
  std::vector<std::string> args = {QueuePrefix(queue), std::to_string(absl::ToUnixNanos(now)), UnixSeconds(now)};
  args.reserve(args.size() + kArgsOfAddition * additions.size());
  for (const Addition& addition : additions) Append(addition, args);
  const std::string keys[] = {StateKey(queue, State::kPending), StateKey(queue, State::kScheduled), GroupsKey(queue)};
  return redis::Command::Eval(Scripts::Get().enqueue, keys, args);
}

absl::Status ParseAny(const redis::Reply& reply, std::span<absl::StatusOr<Added>> answers) {
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, reply.AsArray());
  for (size_t i = 0; i < answers.size(); ++i) answers[i] = ParseAdded(elements[i]);
  return absl::OkStatus();
}

// The additions of one script.
struct Chunk {
  std::span<const Addition> additions;
  bool plain = false;
};

std::vector<Chunk> Split(std::span<const Addition> additions) {
  std::vector<Chunk> chunks;
  for (size_t i = 0; i < additions.size(); i += kTasksPerScript) {
    const auto some = additions.subspan(i, std::min(kTasksPerScript, additions.size() - i));
    chunks.push_back({some, std::all_of(some.begin(), some.end(), IsPlain)});
  }
  return chunks;
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
  const std::vector<Chunk> chunks = Split(additions);
  for (const auto& [some, plain] : chunks) {
    commands.push_back(plain ? EnqueuePending(queue, some, now) : EnqueueAny(queue, some, now));
  }
  const std::vector<absl::StatusOr<redis::Reply>> replies = redis_.Pipeline(commands);

  Answers answers(additions.size(), absl::UnknownError("not asked"));
  std::span<absl::StatusOr<Added>> rest = answers;
  for (size_t i = 0; i < chunks.size(); ++i) {
    const auto places = rest.first(chunks[i].additions.size());
    rest = rest.subspan(places.size());
    const absl::StatusOr<redis::Reply>& reply = replies[first + i];
    absl::Status read = reply.status();
    if (read.ok()) read = chunks[i].plain ? ParsePending(*reply, places) : ParseAny(*reply, places);
    if (!read.ok()) std::fill(places.begin(), places.end(), read);
  }
  return answers;
}

}  // namespace smallbiznis::task
