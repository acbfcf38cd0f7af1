#include "pkg/task/broker/consumer.h"

#include "pkg/redis/command.h"
#include "pkg/status/status.h"
#include "pkg/task/broker/counters.h"
#include "pkg/task/broker/scripts.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace {

std::string_view Name(const Ending& ending) {
  switch (ending.outcome) {
    case Outcome::kDone:
      return ending.message.retention >= absl::Seconds(1) ? "complete" : "done";
    case Outcome::kRetry:
      return "retry";
    case Outcome::kPostpone:
      return "postpone";
    case Outcome::kArchive:
      return "archive";
    case Outcome::kRequeue:
      return "requeue";
  }
  return "";
}

// The score in the set that the task goes to; for a requeued one, since when it is pending.
std::string Score(const Ending& ending, absl::Time now) {
  switch (ending.outcome) {
    case Outcome::kDone:
      return UnixSeconds(now + ending.message.retention);
    case Outcome::kRetry:
    case Outcome::kPostpone:
      return UnixSeconds(ending.at);
    case Outcome::kArchive:
      return UnixSeconds(now);
    case Outcome::kRequeue:
      return std::to_string(absl::ToUnixNanos(now));
  }
  return "";
}

void Append(const Ending& ending, absl::Time now, std::vector<std::string>& args) {
  const std::string_view name = Name(ending);
  const bool keeps_message = name != "done" && name != "requeue";
  args.push_back(ending.id);
  args.push_back(ending.owner);
  args.push_back(UnixSeconds(ending.lease_end));
  args.emplace_back(ending.oldest_first ? "-1" : "1");
  args.emplace_back(name);
  args.push_back(keeps_message ? Encode(ending.message) : "");
  args.push_back(Score(ending, now));
  args.push_back(ending.message.unique_key);
}

redis::Command DequeueCommand(const Consumer::Demand& demand) {
  const std::string keys[] = {StateKey(demand.queue, State::kPending), StateKey(demand.queue, State::kActive),
                              LeaseKey(demand.queue), PausedKey(demand.queue)};
  const std::string args[] = {TaskKey(demand.queue, ""), std::to_string(demand.most), UnixSeconds(demand.lease_end),
                              std::string(demand.owner)};
  return redis::Command::Eval(Scripts::Get().dequeue, keys, args);
}

absl::StatusOr<Consumer::Batch> ParseBatch(absl::StatusOr<redis::Reply> reply) {
  RETURN_IF_ERROR(reply.status());
  Consumer::Batch batch;
  if (reply->kind() == redis::Reply::Kind::kStatus) {
    batch.paused = true;
    return batch;
  }
  ASSIGN_OR_RETURN(std::vector<redis::Reply> elements, (*std::move(reply)).AsArray());
  for (size_t i = 0; i + 1 < elements.size(); i += 2) {
    Consumer::Taken taken;
    ASSIGN_OR_RETURN(taken.id, std::move(elements[i]).AsText());
    ASSIGN_OR_RETURN(taken.bytes, std::move(elements[i + 1]).AsText());
    batch.tasks.push_back(std::move(taken));
  }
  return batch;
}

absl::StatusOr<std::vector<Ended>> ParseEnded(const absl::StatusOr<redis::Reply>& reply) {
  RETURN_IF_ERROR(reply.status());
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, reply->AsArray());
  std::vector<Ended> answers;
  for (const redis::Reply& element : elements) {
    ASSIGN_OR_RETURN(const std::string_view text, element.AsText());
    answers.push_back(text == "ended" ? Ended::kEnded : Ended::kLost);
  }
  return answers;
}

}  // namespace

absl::StatusOr<Consumer::Batch> Consumer::Dequeue(const Demand& demand) {
  return ParseBatch(redis_.Do(DequeueCommand(demand)));
}

absl::StatusOr<std::vector<Ended>> Consumer::Finish(std::string_view queue, std::span<const Ending> endings) {
  return ParseEnded(redis_.Do(FinishCommand(queue, endings)));
}

Consumer::Exchanged Consumer::FinishAndDequeue(std::span<const Ending> endings, const Demand& demand) {
  if (endings.empty()) return {.batch = Dequeue(demand)};
  const redis::Command commands[] = {FinishCommand(demand.queue, endings), DequeueCommand(demand)};
  std::vector<absl::StatusOr<redis::Reply>> replies = redis_.Pipeline(commands);
  return {.ended = ParseEnded(std::move(replies[0])), .batch = ParseBatch(std::move(replies[1]))};
}

absl::Status Consumer::ArchiveUnread(std::string_view queue, const Taken& task, std::string_view owner,
                                     absl::Time lease_end) {
  return redis_
      .Do(FinishCommand(queue, {task.id, std::string(owner), UnixSeconds(lease_end), "-1", "archive", task.bytes,
                                UnixSeconds(clock_.Now()), ""}))
      .status();
}

redis::Command Consumer::FinishCommand(std::string_view queue, std::span<const Ending> endings) const {
  const absl::Time now = clock_.Now();
  std::vector<std::string> args;
  args.reserve(2 + 8 * endings.size());
  for (const Ending& ending : endings) Append(ending, now, args);
  return FinishCommand(queue, std::move(args));
}

redis::Command Consumer::FinishCommand(std::string_view queue, std::vector<std::string> args) const {
  const CounterKeys counters(queue, clock_.Now());
  const std::string keys[] = {StateKey(queue, State::kActive),
                              LeaseKey(queue),
                              StateKey(queue, State::kRetry),
                              StateKey(queue, State::kArchived),
                              StateKey(queue, State::kCompleted),
                              StateKey(queue, State::kPending),
                              counters.processed,
                              counters.processed_today,
                              counters.failed,
                              counters.failed_today};
  const std::string head[] = {TaskKey(queue, ""), counters.expire_at};
  args.insert(args.begin(), std::begin(head), std::end(head));
  return redis::Command::Eval(Scripts::Get().finish, keys, args);
}

absl::StatusOr<std::vector<std::string>> Consumer::ExtendLeases(std::string_view queue, std::span<const Lease> leases,
                                                                absl::Time new_end) {
  std::vector<std::string> lost;
  if (leases.empty()) return lost;
  const std::string keys[] = {LeaseKey(queue)};
  std::vector<std::string> args = {UnixSeconds(new_end)};
  for (const Lease& lease : leases) {
    args.push_back(lease.id);
    args.push_back(UnixSeconds(lease.end));
  }
  ASSIGN_OR_RETURN(redis::Reply reply, redis_.Eval(Scripts::Get().extend_leases, keys, args));
  ASSIGN_OR_RETURN(std::vector<redis::Reply> elements, std::move(reply).AsArray());
  for (redis::Reply& element : elements) {
    ASSIGN_OR_RETURN(std::string id, std::move(element).AsText());
    lost.push_back(std::move(id));
  }
  return lost;
}

absl::Status Consumer::WriteResult(std::string_view queue, std::string_view id, std::string_view owner,
                                   std::string_view result) {
  const std::string keys[] = {TaskKey(queue, id)};
  const std::string_view args[] = {owner, result};
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Eval(Scripts::Get().write_result, keys, args));
  ASSIGN_OR_RETURN(const int64_t written, reply.AsInteger());
  if (written == 0) {
    return status::Error(absl::StatusCode::kFailedPrecondition, "TASK_LOST", "somebody else has the task by now");
  }
  return absl::OkStatus();
}

}  // namespace smallbiznis::task
