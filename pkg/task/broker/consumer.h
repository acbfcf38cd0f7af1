// Takes tasks out of queues and ends attempts on them. Every step is fenced: an attempt that lost its task changes
// nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/redis/client.h"
#include "pkg/redis/command.h"
#include "pkg/task/wire/message.h"

namespace smallbiznis::task {

// How an attempt ended.
enum class Outcome {
  kDone,      // succeeded: the task goes, or stays as completed for its retention
  kRetry,     // failed, to be tried again at `at`
  kPostpone,  // not a failure, to be tried again at `at`
  kArchive,   // failed for good
  kRequeue,   // not tried to the end: first in the queue again
};

struct Ending {
  std::string id;
  std::string owner;         // the token given to Dequeue
  absl::Time lease_end;      // the latest that was ever asked for
  bool oldest_first = true;  // where in the list of active tasks it is likely to be found
  Outcome outcome = Outcome::kDone;
  Message message;  // as it is to be kept; not looked at for kRequeue
  absl::Time at;    // of kRetry and kPostpone
};

enum class Ended { kEnded, kLost };

// Thread-safe.
class Consumer {
 public:
  // The arguments must outlive this.
  Consumer(redis::Client& redis, const clock::Clock& clock) : redis_(redis), clock_(clock) {}

  struct Taken {
    std::string id;
    std::string bytes;  // its message
  };
  struct Batch {
    std::vector<Taken> tasks;  // oldest first
    bool paused = false;
  };
  struct Demand {
    std::string_view queue;
    int most = 1;  // at most 1000
    absl::Time lease_end;
    std::string_view owner;  // new for every call
  };
  absl::StatusOr<Batch> Dequeue(const Demand& demand);

  // One script; an answer an ending, in order.
  absl::StatusOr<std::vector<Ended>> Finish(std::string_view queue, std::span<const Ending> endings);

  // Finish, when there are endings, and Dequeue, of one queue in one script.
  struct Exchanged {
    absl::StatusOr<std::vector<Ended>> ended = std::vector<Ended>();
    absl::StatusOr<Batch> batch = Batch();
  };
  Exchanged FinishAndDequeue(std::span<const Ending> endings, const Demand& demand);

  // Takes a task that cannot be read out of the way: archived as it is.
  absl::Status ArchiveUnread(std::string_view queue, const Taken& task, std::string_view owner, absl::Time lease_end);

  // Renews leases that are still the caller's; answers the ids of the others: a task that was taken away is not taken
  // back.
  struct Lease {
    std::string id;
    absl::Time end;  // the latest that was ever asked for
  };
  absl::StatusOr<std::vector<std::string>> ExtendLeases(std::string_view queue, std::span<const Lease> leases,
                                                        absl::Time new_end);

  // FAILED_PRECONDITION, reason TASK_LOST, when the attempt has its task no more.
  absl::Status WriteResult(std::string_view queue, std::string_view id, std::string_view owner,
                           std::string_view result);

 private:
  class Exchange;

  redis::Client& redis_;
  const clock::Clock& clock_;
};

}  // namespace smallbiznis::task
