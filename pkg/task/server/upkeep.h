// The chores of a server: due tasks, abandoned ones, old ones.
#pragma once

#include <string>
#include <vector>

#include "pkg/clock/clock.h"
#include "pkg/log/logger.h"
#include "pkg/periodic/periodic.h"
#include "pkg/task/broker/groups.h"
#include "pkg/task/broker/maintenance.h"
#include "pkg/task/server/run/judge.h"

namespace smallbiznis::task {

class Upkeep {
 public:
  struct Parts {
    Maintenance& maintenance;
    Groups& groups;
    const clock::Clock& clock;
    const log::Logger& logger;
    std::vector<std::string> queues;
    Policy policy;
    Maintenance::ArchiveLimits archive;
  };
  explicit Upkeep(Parts parts);

  void Stop();

 private:
  absl::Duration ForwardDue();
  absl::Duration RecoverAbandoned();
  absl::Duration DeleteOld();
  absl::StatusOr<std::optional<absl::Time>> ForwardAll(const std::string& queue, State from);
  absl::Status RecoverIn(const std::string& queue);
  absl::Status DeleteOldIn(const std::string& queue);
  absl::Duration Report(const absl::Status& status, absl::Duration pause) const;

  const Parts parts_;
  periodic::Periodic forwarder_;
  periodic::Periodic recoverer_;
  periodic::Periodic janitor_;
};

}  // namespace smallbiznis::task
