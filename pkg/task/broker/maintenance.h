// What keeps queues in order: due tasks become pending, abandoned ones are recovered, old ones go. Any number of
// programs may do this at the same time, Go ones too.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/redis/client.h"
#include "pkg/task/wire/message.h"
#include "pkg/task/wire/state.h"

namespace smallbiznis::task {

// An attempt whose worker does not renew its lease.
struct Abandoned {
  std::string id;
  std::string lease_end;  // as Redis has it
  std::string bytes;      // its message
};

struct Recovery {
  const Abandoned& attempt;
  std::string bytes;                   // its message as it is to be kept
  std::optional<absl::Time> retry_at;  // none: archived
};

// Thread-safe.
class Maintenance {
 public:
  // The arguments must outlive this.
  Maintenance(redis::Client& redis, const clock::Clock& clock) : redis_(redis), clock_(clock) {}

  // Makes up to 100 due tasks of kScheduled or kRetry pending.
  struct Forwarded {
    int count = 0;
    std::optional<absl::Time> next_due;  // of what still waits
  };
  absl::StatusOr<Forwarded> Forward(std::string_view queue, State from);

  // Attempts whose lease ended before `cutoff`, at most 100. Active tasks without any lease are given one that ended
  // then, so the next call sees them.
  absl::StatusOr<std::vector<Abandoned>> FindAbandoned(std::string_view queue, absl::Time cutoff);
  // How many were recovered here; others were faster with the rest.
  absl::StatusOr<int> Recover(std::string_view queue, const std::vector<Recovery>& recoveries);

  // Deletes up to 100 completed tasks whose retention is over; answers how many.
  absl::StatusOr<int> DeleteCompleted(std::string_view queue);
  // Deletes up to 100 archived tasks that are too old or too many; answers how many.
  struct ArchiveLimits {
    int most = 10'000;
    absl::Duration max_age = absl::Hours(24 * 90);
  };
  absl::StatusOr<int> TrimArchive(std::string_view queue, const ArchiveLimits& limits);

 private:
  struct Due {
    State state;
    absl::Time cutoff;
    std::string keep;
  };
  absl::StatusOr<int> DeleteDue(std::string_view queue, const Due& due);

  redis::Client& redis_;
  const clock::Clock& clock_;
};

}  // namespace smallbiznis::task
