#include "pkg/task/inspect/read.h"

#include <fmt/format.h>

#include "absl/strings/numbers.h"
#include "pkg/status/status.h"
#include "pkg/task/wire/keys.h"
#include "pkg/text/view.h"

namespace smallbiznis::task {

std::optional<absl::Time> ReadTime(std::string_view score) {
  double seconds = 0;
  if (!absl::SimpleAtod(text::ToAbsl(score), &seconds)) return std::nullopt;
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

absl::StatusOr<std::string> ListKey(const Selection& selection) {
  const bool grouped = selection.state == State::kAggregating;
  if (grouped && selection.group.empty()) return status::InvalidField("group", "must name one for aggregating tasks");
  if (!grouped && !selection.group.empty()) return status::InvalidField("group", "goes with aggregating tasks only");
  return grouped ? GroupKey(selection.queue, selection.group) : StateKey(selection.queue, selection.state);
}

absl::Status TaskNotFound(std::string_view queue, std::string_view id) {
  return status::Error(absl::StatusCode::kNotFound, "TASK_NOT_FOUND",
                       fmt::format("queue \"{}\" has no task \"{}\"", queue, id));
}

absl::Status StateConflict(std::string_view message) {
  return status::Error(absl::StatusCode::kFailedPrecondition, "TASK_STATE_CONFLICT", message);
}

}  // namespace smallbiznis::task
