// What is known of queues, of tasks in them, and of the programs that work on them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "pkg/task/task.h"

namespace smallbiznis::task {

struct AttemptCounts {
  int64_t processed = 0;  // the failed ones too
  int64_t failed = 0;
};

struct QueueInfo {
  std::string name;
  std::map<State, int64_t> tasks;  // every state; those in a set that is being aggregated do not count
  int64_t groups = 0;
  int64_t memory_bytes = 0;  // about: a sample is measured
  absl::Duration latency;    // how long the oldest pending task has waited
  std::optional<absl::Time> paused_at;
  AttemptCounts today;  // of the UTC day
  AttemptCounts total;

  int64_t size() const {
    int64_t all = 0;
    for (const auto& [state, count] : tasks) all += count;
    return all;
  }
};

struct Day {
  absl::Time date;  // its beginning, UTC
  AttemptCounts attempts;
};

struct GroupInfo {
  std::string name;
  int64_t tasks = 0;
};

// A task as a list or a single look shows it.
struct TaskPage {
  std::vector<TaskInfo> tasks;  // without those that cannot be read
  std::string next;             // where the next page begins; empty: this is the last
};

// Which tasks a list or a bulk change means.
struct Selection {
  std::string queue;
  State state = State::kPending;
  std::string group;  // of aggregating tasks: only these
};

// A change of one task: what it is now, and the state before. After DeleteTask, what it was.
struct ChangedTask {
  TaskInfo task;
  State before = State::kPending;
};

struct BulkResult {
  int64_t changed = 0;
  int64_t trimmed = 0;  // of the archive, the oldest beyond its limits, which are gone
  bool more = false;    // there still are some of the selection
};

struct LiveServer {
  ServerInfo info;
  std::vector<WorkerInfo> workers;
};

struct Schedule {
  std::string scheduler_id;  // of the program that keeps it: "<host>:<pid>:<uuid>"
  SchedulerEntry entry;
};

}  // namespace smallbiznis::task
