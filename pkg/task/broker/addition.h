// A task that is to be added to a queue, and how scripts are told of it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/redis/reply.h"
#include "pkg/task/wire/message.h"

namespace smallbiznis::task {

// A message and where it is to go.
struct Addition {
  Message message;
  std::optional<absl::Time> due;  // not yet: waits in `scheduled`
  absl::Duration lock_for;        // of message.unique_key, when that is set; at least 1 s
  // A key that only one addition gets within `tick_for`: the clock's tick that asked for the task. Empty: none.
  std::string tick;
  absl::Duration tick_for;
};

enum class Added { kAdded, kConflict, kDuplicate, kTicked };

// The nine arguments of a task as lua/add.lua takes them, and its answer.
void Append(const Addition& addition, std::vector<std::string>& args);
inline constexpr size_t kArgsOfAddition = 9;
absl::StatusOr<Added> ParseAdded(const redis::Reply& reply);

}  // namespace smallbiznis::task
