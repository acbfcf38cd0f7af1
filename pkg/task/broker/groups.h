// Groups: tasks that wait to become one. When it is time, members of a group move into a set that one program works on;
// the task that it makes of them takes their place.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/redis/client.h"
#include "pkg/task/broker/addition.h"
#include "pkg/task/wire/message.h"

namespace smallbiznis::task {

// When the members of a group become a set: when there are `max_size`, else when the oldest has waited for `max_delay`,
// else when nothing was added for `grace_period`.
struct GroupLimits {
  absl::Duration grace_period = absl::Seconds(60);  // whole seconds, at least 1
  absl::Duration max_delay;                         // zero: however long
  int max_size = 0;                                 // 0: however many; also the most that a set has
};

struct AggregationSet {
  std::string queue;
  std::string group;
  std::string key;
};

// Thread-safe.
class Groups {
 public:
  // How long a set is its taker's. Then its members are put back, by this or by a Go program.
  static constexpr absl::Duration kSetTime = absl::Minutes(2);

  // The arguments must outlive this.
  Groups(redis::Client& redis, const clock::Clock& clock) : redis_(redis), clock_(clock) {}

  // Of the groups that have members, and maybe of some whose last members are in sets.
  absl::StatusOr<std::vector<std::string>> Names(std::string_view queue);

  // The next set of each group for which it is time. `names` are of one queue.
  absl::StatusOr<std::vector<AggregationSet>> Take(std::string_view queue, std::span<const std::string> names,
                                                   const GroupLimits& limits);

  // In the order in which they were added. Members whose task is gone are left out.
  struct Members {
    std::vector<Message> messages;
    std::vector<std::string> unreadable;  // ids
  };
  absl::StatusOr<Members> Read(const AggregationSet& set);

  // In one step: the new task is added, the members and the unique locks that they hold are deleted, those that nobody
  // can read are archived as they are. Nothing of it happens unless the answer is kReplaced. Without a new task the
  // members only go: for a set in which none is left that can be read.
  enum class Outcome { kReplaced, kConflict, kDuplicate, kLost };  // kLost: the members were put back meanwhile
  absl::StatusOr<Outcome> Replace(const AggregationSet& set, const Members& members,
                                  const std::optional<Addition>& task);

  // Puts the members of sets whose time is over back into their groups; answers how many sets there were.
  absl::StatusOr<int> Reclaim(std::string_view queue);

 private:
  redis::Client& redis_;
  const clock::Clock& clock_;
};

}  // namespace smallbiznis::task
