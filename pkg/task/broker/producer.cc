#include "pkg/task/broker/producer.h"

#include <algorithm>
#include <utility>

#include "pkg/redis/command.h"
#include "pkg/status/status.h"
#include "pkg/task/broker/scripts.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace {

// Of tasks that travel together without having asked for it: one must not wait for many large ones.
constexpr size_t kBytesTogether = 64 << 10;
constexpr absl::Duration kRegisterEvery = absl::Seconds(5);

using Answers = std::vector<absl::StatusOr<Added>>;

// Runs at once and holds no lock: the most common case has a script of its own.
bool IsPlain(const Addition& addition) {
  return !addition.due && addition.message.group.empty() && addition.message.unique_key.empty() &&
         addition.tick.empty();
}

// enqueue_pending.lua, but for the tasks: id and message of each follow.
redis::Command EnqueuePending(std::string_view queue, absl::Time now) {
  const std::string keys[] = {StateKey(queue, State::kPending)};
  const std::string args[] = {TaskKey(queue, ""), std::to_string(absl::ToUnixNanos(now))};
  return redis::Command::Eval(Scripts::Get().enqueue_pending, keys, args);
}

redis::Command EnqueuePending(std::string_view queue, std::span<const Addition> additions, absl::Time now) {
  redis::Command command = EnqueuePending(queue, now);
  for (const Addition& addition : additions) command.Arg(addition.message.id).Arg(Encode(addition.message));
  return command;
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

}  // namespace

Producer::Line& Producer::LineOf(std::string_view queue) {
  const auto found = lines_.find(queue);
  return found != lines_.end() ? found->second : lines_[std::string(queue)];
}

absl::StatusOr<Added> Producer::Add(const Addition& addition) {
  const std::string& queue = addition.message.queue;
  if (!IsPlain(addition)) return Add(queue, {&addition, 1})[0];
  std::string message = Encode(addition.message);
  std::unique_lock lock(mutex_);
  Line& line = LineOf(queue);  // stays where it is
  const bool leads = line.batches.empty() || line.batches.back()->bytes + message.size() > kBytesTogether;
  if (leads) line.batches.push_back(std::make_shared<Batch>());
  const std::shared_ptr<Batch> batch = line.batches.back();
  const size_t place = batch->tasks.size();
  batch->bytes += message.size();
  batch->tasks.emplace_back(addition.message.id, std::move(message));
  const bool at_once = leads && !std::exchange(line.sending, true);
  lock.unlock();
  if (!leads) {
    batch->done.wait(0);
  } else {
    if (!at_once) batch->turn.acquire();
    Lead(queue, line, *batch);
  }
  return batch->answers[place];
}

void Producer::Lead(std::string_view queue, Line& line, Batch& batch) {
  {
    const std::lock_guard lock(mutex_);
    line.batches.pop_front();  // this one: nobody joins it any more
  }
  batch.answers = Send(queue, batch);
  std::shared_ptr<Batch> next;
  {
    const std::lock_guard lock(mutex_);
    line.sending = !line.batches.empty();
    if (line.sending) next = line.batches.front();
  }
  if (next) next->turn.release();
  batch.done = 1;
  batch.done.notify_all();
}

Answers Producer::Send(std::string_view queue, const Batch& batch) {
  redis::Command command = EnqueuePending(queue, clock_.Now());
  for (const auto& [id, message] : batch.tasks) command.Arg(id).Arg(message);
  const absl::StatusOr<redis::Reply> reply = redis_.Pipeline(WithName(queue, std::move(command))).back();
  Answers answers(batch.tasks.size(), Added::kAdded);
  const absl::Status read = reply.ok() ? ParsePending(*reply, answers) : reply.status();
  if (!read.ok()) std::fill(answers.begin(), answers.end(), read);
  return answers;
}

std::vector<redis::Command> Producer::WithName(std::string_view queue, redis::Command script) {
  const absl::Time now = clock_.Now();
  bool registers = false;
  {
    const std::lock_guard lock(mutex_);
    Line& line = LineOf(queue);
    registers = now - line.registered_at >= kRegisterEvery;
    if (registers) line.registered_at = now;
  }
  std::vector<redis::Command> commands;
  // The name first: a queue with tasks that nobody can see would be worse than an empty one.
  if (registers) commands.push_back(redis::Command("SADD").Key(kQueuesKey).Arg(queue));
  commands.push_back(std::move(script));
  return commands;
}

Producer::Started Producer::Start(std::string_view queue, std::span<const Addition> additions) {
  const absl::Time now = clock_.Now();
  Started started;
  started.count_ = additions.size();
  started.plain_ = std::all_of(additions.begin(), additions.end(), IsPlain);
  redis::Command script = started.plain_ ? EnqueuePending(queue, additions, now) : EnqueueAny(queue, additions, now);
  started.pending_ = redis_.Start(WithName(queue, std::move(script)));
  return started;
}

std::vector<absl::StatusOr<Added>> Producer::Started::Wait() {
  const absl::StatusOr<redis::Reply> reply = std::move(pending_->Wait().back());
  Answers answers(count_, absl::UnknownError("not asked"));
  absl::Status read = reply.status();
  if (read.ok()) read = plain_ ? ParsePending(*reply, answers) : ParseAny(*reply, answers);
  if (!read.ok()) std::fill(answers.begin(), answers.end(), read);
  return answers;
}

std::vector<absl::StatusOr<Added>> Producer::Add(std::string_view queue, std::span<const Addition> additions) {
  std::vector<Started> scripts;
  const size_t portion = Portion(additions.size());
  for (size_t i = 0; i < additions.size(); i += portion) {
    scripts.push_back(Start(queue, additions.subspan(i, std::min(portion, additions.size() - i))));
  }
  Answers answers;
  answers.reserve(additions.size());
  for (Started& script : scripts) {
    Answers some = script.Wait();
    std::move(some.begin(), some.end(), std::back_inserter(answers));
  }
  return answers;
}

}  // namespace smallbiznis::task
