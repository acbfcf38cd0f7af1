// Looks after the groups of a server's queues: members become one task when it is time.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "pkg/clock/clock.h"
#include "pkg/log/logger.h"
#include "pkg/periodic/periodic.h"
#include "pkg/task/broker/groups.h"
#include "pkg/task/server/aggregation.h"

namespace smallbiznis::task {

// Any number of servers may do this for one queue: a set is one's own.
class Aggregator {
 public:
  struct Parts {
    Groups& groups;
    const clock::Clock& clock;
    const log::Logger& logger;
    std::vector<std::string> queues;
    Aggregation aggregation;  // with a function
  };
  explicit Aggregator(Parts parts);

  // Waits for a call of the function that is under way.
  void Stop() { rounds_.Stop(); }

 private:
  absl::Duration Look();
  absl::Status LookInto(const std::string& queue);
  absl::Status Work(const AggregationSet& set);
  // What the function came to; exceptions are errors.
  absl::StatusOr<NewTask> Call(const AggregationSet& set, const std::vector<Message>& members) const;

  const Parts parts_;
  bool failing_ = false;
  periodic::Periodic rounds_;  // last: it uses the rest
};

}  // namespace smallbiznis::task
