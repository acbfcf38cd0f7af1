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
  Caller self{.id = addition.message.id, .bytes = Encode(addition.message), .bell = nullptr};
  std::unique_lock lock(mutex_);
  Line& line = LineOf(queue);  // stays where it is
  line.waiting.push_back(&self);
  if (std::exchange(line.led, true)) {
    const auto bell = self.bell = std::make_shared<std::binary_semaphore>(0);
    lock.unlock();
    bell->acquire();
    if (self.done) return self.answer;
    lock.lock();
  }
  const std::vector<Caller*> together = TakeTogether(line);
  lock.unlock();
  AddTogether(queue, together);
  lock.lock();
  std::vector<std::shared_ptr<std::binary_semaphore>> bells;
  line.led = !line.waiting.empty();
  if (line.led) bells.push_back(line.waiting.front()->bell);
  lock.unlock();
  for (Caller* const caller : together) {
    if (caller == &self) continue;
    bells.push_back(caller->bell);
    caller->done = true;  // and gone as soon as its bell has rung
  }
  for (const auto& bell : bells) bell->release();
  return self.answer;
}

std::vector<Producer::Caller*> Producer::TakeTogether(Line& line) {
  size_t bytes = 0;
  auto end = line.waiting.begin();
  do {
    bytes += (*end)->bytes.size();
    ++end;
  } while (end != line.waiting.end() && bytes + (*end)->bytes.size() <= kBytesTogether);
  std::vector<Caller*> together(line.waiting.begin(), end);
  line.waiting.erase(line.waiting.begin(), end);
  return together;
}

void Producer::AddTogether(std::string_view queue, std::span<Caller* const> callers) {
  redis::Command command = EnqueuePending(queue, clock_.Now());
  for (const Caller* const caller : callers) command.Arg(caller->id).Arg(caller->bytes);
  const absl::StatusOr<redis::Reply> reply = redis_.Pipeline(WithName(queue, std::move(command))).back();
  Answers answers(callers.size(), Added::kAdded);
  const absl::Status read = reply.ok() ? ParsePending(*reply, answers) : reply.status();
  if (!read.ok()) std::fill(answers.begin(), answers.end(), read);
  for (size_t i = 0; i < callers.size(); ++i) callers[i]->answer = answers[i];
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
