// What the sources of this room share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/task/inspect/records.h"

namespace smallbiznis::task {

// A score of Redis, in seconds; nothing when it is no number.
std::optional<absl::Time> ReadTime(std::string_view score);

// The list or set that holds the tasks. INVALID_ARGUMENT naming "group" when there must be one and is not, or the other
// way round.
absl::StatusOr<std::string> ListKey(const Selection& selection);

absl::Status TaskNotFound(std::string_view queue, std::string_view id);
absl::Status StateConflict(std::string_view message);

}  // namespace smallbiznis::task
