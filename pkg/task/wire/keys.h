// The Redis keys of asynq's layout. All keys of one queue share a hash tag, so they are in one slot of a cluster.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "pkg/task/wire/state.h"

namespace smallbiznis::task {

inline constexpr std::string_view kQueuesKey = "asynq:queues";          // SET of names
inline constexpr std::string_view kServersKey = "asynq:servers";        // ZSET of server keys, by expiry
inline constexpr std::string_view kWorkersKey = "asynq:workers";        // ZSET of workers keys, by expiry
inline constexpr std::string_view kSchedulersKey = "asynq:schedulers";  // ZSET of scheduler keys, by expiry
inline constexpr std::string_view kCancelChannel = "asynq:cancel";      // carries task ids

// "asynq:{<queue>}:": what every key of the queue begins with.
std::string QueuePrefix(std::string_view queue);
// The list or sorted set of the tasks of a state: "asynq:{q}:pending". Not of kAggregating, which has one a group.
std::string StateKey(std::string_view queue, State state);
std::string LeaseKey(std::string_view queue);
std::string TaskKey(std::string_view queue, std::string_view id);
std::string PausedKey(std::string_view queue);
std::string GroupsKey(std::string_view queue);
std::string GroupKey(std::string_view queue, std::string_view group);
std::string AggregationSetsKey(std::string_view queue);

enum class Counter { kProcessed, kFailed };
std::string TotalKey(std::string_view queue, Counter counter);
std::string DailyKey(std::string_view queue, Counter counter, absl::Time day);  // of the UTC day

// The lock that two tasks of one type and payload share. A payload that is absent and one that is empty differ.
std::string UniqueKey(std::string_view queue, std::string_view type, const std::optional<std::string>& payload);

// `id` is "<host>:<pid>:<uuid>".
std::string ServerKey(std::string_view id);
std::string ServerWorkersKey(std::string_view id);
std::string SchedulerKey(std::string_view id);
std::string SchedulerHistoryKey(std::string_view entry_id);

// What is wrong with a queue's name, for people; nothing when it is well. Braces would break the hash tag.
std::optional<std::string> QueueNameProblem(std::string_view name);

// A time as scores and scripts have it.
inline std::string UnixSeconds(absl::Time time) {
  return std::to_string(absl::ToUnixSeconds(time));
}

}  // namespace smallbiznis::task
