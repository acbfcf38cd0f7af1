// How a server makes one task of the members of a group.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/task/broker/groups.h"
#include "pkg/task/task.h"
#include "pkg/task/wire/message.h"

namespace smallbiznis::task {

struct Aggregation {
  // The task that takes the place of `members`, which are at least one and in the order in which they were added. It
  // goes to their queue, whatever its options say. Called on one thread of the server, so one slow call holds up the
  // others, and a call that takes more than two minutes is for nothing: the members are back in their group by then. An
  // error, an exception too, leaves the members as they are, to be tried again after that time; the same members may be
  // asked about again after a crash.
  std::function<absl::StatusOr<NewTask>(std::string_view group, const std::vector<Message>& members)> aggregate;

  GroupLimits limits;
  size_t max_payload_bytes = size_t{1} << 20;  // of the new task
};

}  // namespace smallbiznis::task
