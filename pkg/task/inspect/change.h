// What is done to tasks, in the words of the scripts and of asynq.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "pkg/task/wire/state.h"

namespace smallbiznis::task {

enum class Action { kRun, kArchive, kDelete };

// The state that a task then has; none: it is gone.
std::optional<State> StateAfter(Action action);
// Why it is not done to an active task.
std::string_view ActiveRefusal(Action action);

// The keys and first arguments of changing.lua.
std::vector<std::string> ChangeKeys(std::string_view queue);
std::vector<std::string> ChangeArgs(std::string_view queue, Action action, absl::Time now);

}  // namespace smallbiznis::task
