#include "pkg/task/broker/consumer.h"

#include <algorithm>

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

// What leaves nothing is said in fewer words.
bool LeavesNothing(const Ending& ending) {
  return Name(ending) == "done" && ending.message.unique_key.empty();
}

bool SamePortion(const Ending& a, const Ending& b) {
  return a.owner == b.owner && a.lease_end == b.lease_end && a.oldest_first == b.oldest_first;
}

std::string_view Where(const Ending& ending) {
  return ending.oldest_first ? "-1" : "1";
}

absl::StatusOr<Consumer::Batch> ParseBatch(redis::Reply reply) {
  Consumer::Batch batch;
  if (reply.kind() == redis::Reply::Kind::kStatus) {
    batch.paused = true;
    return batch;
  }
  ASSIGN_OR_RETURN(std::vector<redis::Reply> elements, std::move(reply).AsArray());
  batch.tasks.reserve(elements.size() / 2);
  for (size_t i = 0; i + 1 < elements.size(); i += 2) {
    Consumer::Taken taken;
    ASSIGN_OR_RETURN(taken.id, std::move(elements[i]).AsText());
    ASSIGN_OR_RETURN(taken.bytes, std::move(elements[i + 1]).AsText());
    batch.tasks.push_back(std::move(taken));
  }
  return batch;
}

Consumer::Demand TakeNothing(std::string_view queue) {
  return {.queue = queue, .most = 0, .lease_end = absl::UnixEpoch(), .owner = ""};
}

}  // namespace

// One call of exchange.lua, which says what the words are.
class Consumer::Exchange {
 public:
  Exchange(const Demand& demand, absl::Time now) : now_(now), command_(Begin(demand, now)) {}

  void End(std::span<const Ending> endings) {
    if (endings.empty()) return;
    // Those of one fetch have most often ended one after the other.
    for (size_t begin = 0, end = 0; begin < endings.size(); begin = std::max(end, begin + 1)) {
      const Ending& first = endings[begin];
      for (end = begin; end < endings.size() && LeavesNothing(endings[end]) && SamePortion(first, endings[end]);) ++end;
      if (end > begin) EndPortion(endings, begin, end);
    }
    command_.Arg(0);
    for (size_t i = 0; i < endings.size(); ++i) {
      if (LeavesNothing(endings[i])) continue;
      const bool keeps_message = Name(endings[i]) != "done" && endings[i].outcome != Outcome::kRequeue;
      EndOther(endings[i], keeps_message ? Encode(endings[i].message) : "");
      places_.push_back(i);
    }
  }

  // Keeps these bytes, whatever they are.
  void EndUnread(const Ending& ending, std::string_view bytes) {
    command_.Arg(0);
    EndOther(ending, bytes);
    places_.push_back(0);
  }

  Exchanged Run(redis::Client& redis) const {
    absl::StatusOr<redis::Reply> reply = redis.Do(command_);
    absl::StatusOr<std::vector<redis::Reply>> parts = reply.ok() ? (*std::move(reply)).AsArray() : reply.status();
    if (!parts.ok()) return {.ended = parts.status(), .batch = parts.status()};
    return {.ended = ParseEnded((*parts)[0]), .batch = ParseBatch(std::move((*parts)[1]))};
  }

 private:
  static redis::Command Begin(const Demand& demand, absl::Time now) {
    const std::string_view queue = demand.queue;
    const CounterKeys counters(queue, now);
    const std::string keys[] = {StateKey(queue, State::kActive),
                                LeaseKey(queue),
                                StateKey(queue, State::kPending),
                                PausedKey(queue),
                                StateKey(queue, State::kRetry),
                                StateKey(queue, State::kArchived),
                                StateKey(queue, State::kCompleted),
                                counters.processed,
                                counters.processed_today,
                                counters.failed,
                                counters.failed_today};
    const std::string args[] = {TaskKey(queue, ""), counters.expire_at, std::to_string(demand.most),
                                UnixSeconds(demand.lease_end), std::string(demand.owner)};
    return redis::Command::Eval(Scripts::Get().exchange, keys, args);
  }

  void EndPortion(std::span<const Ending> endings, size_t begin, size_t end) {
    const Ending& first = endings[begin];
    command_.Arg(end - begin).Arg(first.owner).Arg(absl::ToUnixSeconds(first.lease_end)).Arg(Where(first));
    for (size_t i = begin; i < end; ++i) {
      command_.Arg(endings[i].id);
      places_.push_back(i);
    }
  }

  void EndOther(const Ending& ending, std::string_view message) {
    command_.Arg(ending.id).Arg(ending.owner).Arg(absl::ToUnixSeconds(ending.lease_end)).Arg(Where(ending));
    command_.Arg(Name(ending)).Arg(message).Arg(Score(ending, now_)).Arg(ending.message.unique_key);
  }

  absl::StatusOr<std::vector<Ended>> ParseEnded(const redis::Reply& reply) const {
    ASSIGN_OR_RETURN(const std::span<const redis::Reply> lost, reply.AsArray());
    std::vector<Ended> answers(places_.size(), Ended::kEnded);
    for (const redis::Reply& place : lost) {
      ASSIGN_OR_RETURN(const int64_t from_one, place.AsInteger());
      answers[places_[static_cast<size_t>(from_one) - 1]] = Ended::kLost;
    }
    return answers;
  }

  const absl::Time now_;
  redis::Command command_;
  std::vector<size_t> places_;  // of the endings, in the order in which they are sent
};

absl::StatusOr<Consumer::Batch> Consumer::Dequeue(const Demand& demand) {
  return FinishAndDequeue({}, demand).batch;
}

absl::StatusOr<std::vector<Ended>> Consumer::Finish(std::string_view queue, std::span<const Ending> endings) {
  return FinishAndDequeue(endings, TakeNothing(queue)).ended;
}

Consumer::Exchanged Consumer::FinishAndDequeue(std::span<const Ending> endings, const Demand& demand) {
  Exchange exchange(demand, clock_.Now());
  exchange.End(endings);
  return exchange.Run(redis_);
}

absl::Status Consumer::ArchiveUnread(std::string_view queue, const Taken& task, std::string_view owner,
                                     absl::Time lease_end) {
  Exchange exchange(TakeNothing(queue), clock_.Now());
  exchange.EndUnread({.id = task.id,
                      .owner = std::string(owner),
                      .lease_end = lease_end,
                      .outcome = Outcome::kArchive,
                      .message = {},
                      .at = {}},
                     task.bytes);
  return exchange.Run(redis_).ended.status();
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
