#include "pkg/task/broker/groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "pkg/redis/command.h"
#include "pkg/status/status.h"
#include "pkg/task/broker/scripts.h"
#include "pkg/task/wire/identity.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace {

constexpr size_t kGroupsAtOnce = 200;
constexpr int kMembersAtOnce = 1000;

std::string Seconds(absl::Duration duration) {
  return std::to_string(absl::ToInt64Seconds(duration));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> Groups::Names(std::string_view queue) {
  ASSIGN_OR_RETURN(redis::Reply reply, redis_.Do(redis::Command("SMEMBERS").Key(GroupsKey(queue))));
  ASSIGN_OR_RETURN(std::vector<redis::Reply> elements, std::move(reply).AsArray());
  std::vector<std::string> names;
  for (redis::Reply& element : elements) {
    ASSIGN_OR_RETURN(std::string name, std::move(element).AsText());
    names.push_back(std::move(name));
  }
  return names;
}

absl::StatusOr<std::vector<AggregationSet>> Groups::Take(std::string_view queue, std::span<const std::string> names,
                                                         const GroupLimits& limits) {
  std::vector<AggregationSet> taken;
  for (size_t begin = 0; begin < names.size(); begin += kGroupsAtOnce) {
    const absl::Time now = clock_.Now();
    const std::string args[] = {UnixSeconds(now), Seconds(limits.grace_period), Seconds(limits.max_delay),
                                std::to_string(limits.max_size), UnixSeconds(now + kSetTime)};
    std::vector<AggregationSet> asked;
    std::vector<redis::Command> commands;
    for (const std::string& name : names.subspan(begin, std::min(kGroupsAtOnce, names.size() - begin))) {
      const std::string group = GroupKey(queue, name);
      asked.push_back({.queue = std::string(queue), .group = name, .key = fmt::format("{}:{}", group, NewUuid())});
      const std::string keys[] = {group, asked.back().key, AggregationSetsKey(queue)};
      commands.push_back(redis::Command::Eval(Scripts::Get().aggregation_check, keys, args));
    }
    const std::vector<absl::StatusOr<redis::Reply>> replies = redis_.Pipeline(commands);
    for (size_t i = 0; i < replies.size(); ++i) {
      RETURN_IF_ERROR(replies[i].status());  // what was taken is put back when its time is over
      ASSIGN_OR_RETURN(const int64_t is_taken, replies[i]->AsInteger());
      if (is_taken == 1) taken.push_back(std::move(asked[i]));
    }
  }
  return taken;
}

absl::StatusOr<Groups::Members> Groups::Read(const AggregationSet& set) {
  Members members;
  const std::string keys[] = {set.key};
  for (int rank = 0;; rank += kMembersAtOnce) {
    const std::string args[] = {TaskKey(set.queue, ""), std::to_string(rank),
                                std::to_string(rank + kMembersAtOnce - 1)};
    ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Eval(Scripts::Get().read_aggregation_set, keys, args));
    ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, reply.AsArray());
    if (elements.empty()) return members;
    for (size_t i = 0; i + 1 < elements.size(); i += 2) {
      ASSIGN_OR_RETURN(const std::string_view id, elements[i].AsText());
      ASSIGN_OR_RETURN(const std::string_view bytes, elements[i + 1].AsText());
      if (bytes.empty()) continue;
      absl::StatusOr<Message> message = DecodeMessage(bytes);
      if (message.ok()) {
        message->id = id;
        message->queue = set.queue;
        members.messages.push_back(*std::move(message));
      } else {
        members.unreadable.emplace_back(id);
      }
    }
  }
}

absl::StatusOr<Groups::Outcome> Groups::Replace(const AggregationSet& set, const Members& members,
                                                const std::optional<Addition>& task) {
  const absl::Time now = clock_.Now();
  const std::string_view queue = set.queue;
  const std::string keys[] = {StateKey(queue, State::kPending),  StateKey(queue, State::kScheduled), GroupsKey(queue),
                              StateKey(queue, State::kArchived), AggregationSetsKey(queue),          set.key,
                              GroupKey(queue, set.group)};
  std::vector<std::string> args = {QueuePrefix(queue), std::to_string(absl::ToUnixNanos(now)), UnixSeconds(now)};
  if (task) {
    Append(*task, args);
  } else {
    args.resize(args.size() + kArgsOfAddition);
  }
  args.push_back(set.group);
  std::vector<std::string> locks;
  for (const Message& message : members.messages) {
    // A lock in another slot cannot be one of this queue's.
    if (!message.unique_key.starts_with(QueuePrefix(queue))) continue;
    locks.push_back(message.unique_key);
    locks.push_back(message.id);
  }
  args.push_back(std::to_string(locks.size() / 2));
  args.insert(args.end(), locks.begin(), locks.end());
  args.insert(args.end(), members.unreadable.begin(), members.unreadable.end());
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Eval(Scripts::Get().delete_aggregation_set, keys, args));
  ASSIGN_OR_RETURN(const std::string_view answer, reply.AsText());
  if (answer == "lost") return Outcome::kLost;
  ASSIGN_OR_RETURN(const Added added, ParseAdded(reply));
  switch (added) {
    case Added::kAdded:
      return Outcome::kReplaced;
    case Added::kConflict:
      return Outcome::kConflict;
    case Added::kDuplicate:
      return Outcome::kDuplicate;
    case Added::kTicked:
      break;
  }
  return absl::InternalError("a task without a tick cannot have been ticked");
}

absl::StatusOr<int> Groups::Reclaim(std::string_view queue) {
  const std::string keys[] = {AggregationSetsKey(queue), GroupsKey(queue)};
  const std::string args[] = {QueuePrefix(queue), UnixSeconds(clock_.Now()), "1"};  // a set may be large
  for (int count = 0;; ++count) {
    ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Eval(Scripts::Get().reclaim_sets, keys, args));
    ASSIGN_OR_RETURN(const int64_t sets, reply.AsInteger());
    if (sets == 0) return count;
  }
}

}  // namespace smallbiznis::task
