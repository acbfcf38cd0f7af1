// Runs, archives and deletes tasks: some by their ids, or all of a state in steps with progress. Removes queues.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cmd/sbctl/session.h"

namespace smallbiznis::sbctl {

enum class Change { kRun, kArchive, kDelete };

struct ChangeRequest {
  std::string queue;
  std::vector<std::string> ids;  // either these
  std::string state;             // or all of this state, "pending"
  std::string group;             // of aggregating tasks, only this one's
  bool sure = false;             // nobody is asked before something is deleted
};

struct RemoveRequest {
  std::string queue;
  bool force = false;  // with its tasks
  bool sure = false;   // nobody is asked before
};

// OK when everything was done; otherwise the error of the first that was not, after the others were tried.
absl::Status ChangeTasks(Change change, const ChangeRequest& request, Session& session);

absl::Status RemoveQueue(const RemoveRequest& request, Session& session);

}  // namespace smallbiznis::sbctl
