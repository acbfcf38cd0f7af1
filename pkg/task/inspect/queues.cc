#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "pkg/redis/command.h"
#include "pkg/status/status.h"
#include "pkg/task/inspect/inspector.h"
#include "pkg/task/inspect/lua/scripts.h"
#include "pkg/task/wire/keys.h"
#include "pkg/text/view.h"

namespace smallbiznis::task {
namespace {

constexpr int kSampledTasks = 20;
constexpr int kSampledGroups = 5;
constexpr int kMaxDays = 90;

// The order in which queue_stats takes and answers them.
constexpr State kListed[] = {State::kPending, State::kActive,   State::kScheduled,
                             State::kRetry,   State::kArchived, State::kCompleted};
constexpr size_t kStatsElements = 14;

int64_t ToCount(std::string_view text) {
  int64_t count = 0;
  return absl::SimpleAtoi(text::ToAbsl(text), &count) ? count : 0;
}

std::vector<std::string> StateKeys(std::string_view queue) {
  std::vector<std::string> keys;
  for (const State state : kListed) keys.push_back(StateKey(queue, state));
  keys.push_back(GroupsKey(queue));
  return keys;
}

redis::Command StatsCommand(std::string_view queue, absl::Time now) {
  std::vector<std::string> keys = StateKeys(queue);
  keys.push_back(PausedKey(queue));
  keys.push_back(TotalKey(queue, Counter::kProcessed));
  keys.push_back(TotalKey(queue, Counter::kFailed));
  keys.push_back(DailyKey(queue, Counter::kProcessed, now));
  keys.push_back(DailyKey(queue, Counter::kFailed, now));
  return redis::Command::Eval(InspectScripts::Get().queue_stats, keys, std::vector{QueuePrefix(queue)});
}

redis::Command MemoryCommand(std::string_view queue) {
  const std::string args[] = {QueuePrefix(queue), std::to_string(kSampledTasks), std::to_string(kSampledGroups)};
  return redis::Command::Eval(InspectScripts::Get().memory_usage, StateKeys(queue), args);
}

absl::StatusOr<QueueInfo> ReadStats(std::string name, const redis::Reply& reply, absl::Time now) {
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, reply.AsArray());
  if (elements.size() != kStatsElements) return absl::InternalError("queue_stats answers fourteen elements");
  QueueInfo info;
  info.name = std::move(name);
  for (size_t i = 0; i < std::size(kListed); ++i) {
    ASSIGN_OR_RETURN(info.tasks[kListed[i]], elements[i].AsInteger());
  }
  ASSIGN_OR_RETURN(info.tasks[State::kAggregating], elements[6].AsInteger());
  ASSIGN_OR_RETURN(info.groups, elements[7].AsInteger());
  std::string_view texts[6];
  for (size_t i = 0; i < std::size(texts); ++i) {
    ASSIGN_OR_RETURN(texts[i], elements[8 + i].AsText());
  }
  // A Go program is free to write anything there: that it is there is what counts.
  if (!texts[0].empty()) info.paused_at = absl::FromUnixSeconds(ToCount(texts[0]));
  info.total = {.processed = ToCount(texts[1]), .failed = ToCount(texts[2])};
  info.today = {.processed = ToCount(texts[3]), .failed = ToCount(texts[4])};
  if (const int64_t since = ToCount(texts[5]); since > 0) {
    info.latency = std::max(absl::ZeroDuration(), now - absl::FromUnixNanos(since));
  }
  return info;
}

absl::StatusOr<std::vector<std::string>> Members(const absl::StatusOr<redis::Reply>& reply) {
  RETURN_IF_ERROR(reply.status());
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, reply->AsArray());
  std::vector<std::string> members;
  for (const redis::Reply& element : elements) {
    ASSIGN_OR_RETURN(const std::string_view text, element.AsText());
    members.emplace_back(text);
  }
  std::sort(members.begin(), members.end());
  return members;
}

}  // namespace

Inspector::Inspector(redis::Client& redis, const clock::Clock& clock, Options options)
    : redis_(redis), clock_(clock), options_(options), maintenance_(redis, clock) {}

absl::Status Inspector::CheckQueue(const std::string& queue) const {
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Do(redis::Command("SISMEMBER").Key(kQueuesKey).Arg(queue)));
  ASSIGN_OR_RETURN(const int64_t known, reply.AsInteger());
  if (known != 0) return absl::OkStatus();
  return status::Error(absl::StatusCode::kNotFound, "QUEUE_NOT_FOUND",
                       fmt::format("queue \"{}\" does not exist", queue));
}

absl::StatusOr<std::vector<std::string>> Inspector::ListQueues(std::optional<absl::Duration> timeout) const {
  return Members(redis_.Do(redis::Command("SMEMBERS").Key(kQueuesKey), timeout));
}

absl::StatusOr<QueueInfo> Inspector::GetQueue(const std::string& queue) const {
  RETURN_IF_ERROR(CheckQueue(queue));
  ASSIGN_OR_RETURN(std::vector<QueueInfo> infos, GetQueues({&queue, 1}));
  return std::move(infos[0]);
}

absl::StatusOr<std::vector<QueueInfo>> Inspector::GetQueues(std::span<const std::string> queues,
                                                            std::optional<absl::Duration> timeout) const {
  const absl::Time now = clock_.Now();
  std::vector<redis::Command> commands;
  for (const std::string& queue : queues) {
    commands.push_back(StatsCommand(queue, now));
    commands.push_back(MemoryCommand(queue));
  }
  std::vector<absl::StatusOr<redis::Reply>> replies = redis_.Pipeline(commands, timeout);
  std::vector<QueueInfo> infos;
  for (size_t i = 0; i < queues.size(); ++i) {
    ASSIGN_OR_RETURN(const redis::Reply stats, std::move(replies[2 * i]));
    ASSIGN_OR_RETURN(const redis::Reply memory, std::move(replies[2 * i + 1]));
    ASSIGN_OR_RETURN(QueueInfo info, ReadStats(queues[i], stats, now));
    ASSIGN_OR_RETURN(info.memory_bytes, memory.AsInteger());
    infos.push_back(std::move(info));
  }
  return infos;
}

absl::StatusOr<std::vector<Day>> Inspector::History(const std::string& queue, int days) const {
  if (days < 1 || days > kMaxDays) return status::InvalidField("days", fmt::format("must be 1 to {}", kMaxDays));
  RETURN_IF_ERROR(CheckQueue(queue));
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::CivilDay today = absl::ToCivilDay(clock_.Now(), utc);
  std::vector<Day> history;
  redis::Command command("MGET");
  for (int ago = 0; ago < days; ++ago) {
    history.push_back({.date = absl::FromCivil(today - ago, utc), .attempts = {}});
    for (const Counter counter : {Counter::kProcessed, Counter::kFailed}) {
      command.Key(DailyKey(queue, counter, history.back().date));
    }
  }
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Do(command));
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> counts, reply.AsArray());
  if (counts.size() != 2 * history.size()) return absl::InternalError("MGET answers an element a key");
  for (size_t i = 0; i < history.size(); ++i) {
    ASSIGN_OR_RETURN(const auto processed, counts[2 * i].AsOptionalText());
    ASSIGN_OR_RETURN(const auto failed, counts[2 * i + 1].AsOptionalText());
    history[i].attempts = {.processed = ToCount(processed.value_or("")), .failed = ToCount(failed.value_or(""))};
  }
  return history;
}

absl::StatusOr<std::vector<GroupInfo>> Inspector::ListGroups(const std::string& queue) const {
  RETURN_IF_ERROR(CheckQueue(queue));
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   Members(redis_.Do(redis::Command("SMEMBERS").Key(GroupsKey(queue)))));
  std::vector<redis::Command> commands;
  for (const std::string& name : names) commands.push_back(redis::Command("ZCARD").Key(GroupKey(queue, name)));
  std::vector<absl::StatusOr<redis::Reply>> replies = redis_.Pipeline(commands);
  std::vector<GroupInfo> groups;
  for (size_t i = 0; i < names.size(); ++i) {
    ASSIGN_OR_RETURN(const redis::Reply reply, std::move(replies[i]));
    ASSIGN_OR_RETURN(const int64_t tasks, reply.AsInteger());
    groups.push_back({.name = names[i], .tasks = tasks});
  }
  return groups;
}

absl::StatusOr<bool> Inspector::Pause(const std::string& queue) {
  RETURN_IF_ERROR(CheckQueue(queue));
  const int64_t now = absl::ToUnixSeconds(clock_.Now());
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Do(redis::Command("SET").Key(PausedKey(queue)).Arg(now).Arg("NX")));
  return !reply.IsNil();
}

absl::StatusOr<bool> Inspector::Unpause(const std::string& queue) {
  RETURN_IF_ERROR(CheckQueue(queue));
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Do(redis::Command("DEL").Key(PausedKey(queue))));
  ASSIGN_OR_RETURN(const int64_t deleted, reply.AsInteger());
  return deleted > 0;
}

}  // namespace smallbiznis::task
