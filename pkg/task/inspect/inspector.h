// Looks into queues and changes what is in them, as asynq's Inspector does, for operators. Go programs may work on the
// same queues meanwhile: whatever a script here does, every id stays in one list and has its task.
#pragma once

#include <functional>
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
#include "pkg/task/broker/maintenance.h"
#include "pkg/task/inspect/records.h"

namespace smallbiznis::task {

enum class Action;  // change.h

// Thread-safe.
//
// Errors: NOT_FOUND, reason QUEUE_NOT_FOUND or TASK_NOT_FOUND; FAILED_PRECONDITION, reason TASK_STATE_CONFLICT (the
// message is asynq's) or QUEUE_NOT_EMPTY; INVALID_ARGUMENT naming the field; those of redis/error.h.
class Inspector {
 public:
  struct Options {
    // Archiving deletes what is beyond them, with its hashes: a Go worker cannot archive where there is far more.
    Maintenance::ArchiveLimits archive;
    // How many tasks one script changes: Redis does nothing else meanwhile.
    int batch = 500;
  };
  // The arguments must outlive this.
  Inspector(redis::Client& redis, const clock::Clock& clock) : Inspector(redis, clock, Options()) {}
  Inspector(redis::Client& redis, const clock::Clock& clock, Options options);

  // Queues.

  // Their names, in order.
  absl::StatusOr<std::vector<std::string>> ListQueues(std::optional<absl::Duration> timeout = std::nullopt) const;
  absl::StatusOr<QueueInfo> GetQueue(const std::string& queue) const;
  // Of queues that exist, in this order, in one round trip that ends within `timeout` (the client's own by default).
  absl::StatusOr<std::vector<QueueInfo>> GetQueues(std::span<const std::string> queues,
                                                   std::optional<absl::Duration> timeout = std::nullopt) const;
  // The last `days`, 1 to 90, today first.
  absl::StatusOr<std::vector<Day>> History(const std::string& queue, int days) const;
  absl::StatusOr<std::vector<GroupInfo>> ListGroups(const std::string& queue) const;
  // Nobody takes a task out of a paused queue. False when it was so already.
  absl::StatusOr<bool> Pause(const std::string& queue);
  absl::StatusOr<bool> Unpause(const std::string& queue);
  // Everything that begins with the queue's prefix, and its name. QUEUE_NOT_EMPTY when it has tasks; with `force`, only
  // when some are active, or producers are faster.
  struct Removal {
    bool force = false;
  };
  absl::Status RemoveQueue(const std::string& queue, Removal removal);

  // Tasks.

  // Pending and active ones oldest first, the others by their time. `after` is TaskPage::next of the page before, for
  // the same selection. While tasks come and go, a page of a set misses none and repeats none; one of pending or active
  // tasks may. A page ends early when its tasks take more than 2 MiB.
  struct PageRequest {
    int size = 30;
    std::string after;
  };
  absl::StatusOr<TaskPage> ListTasks(const Selection& selection, const PageRequest& page) const;
  absl::StatusOr<TaskInfo> GetTask(const std::string& queue, const std::string& id) const;

  // Asked before anything is changed, with what would become of the task; an error ends it there. For who has to write
  // down what he does before he does it. The task may still turn out to be gone or in another state afterwards.
  using Consent = std::function<absl::Status(const ChangedTask&)>;

  // To pending at once, whatever it waits for, of any state but active and pending.
  absl::StatusOr<ChangedTask> RunTask(const std::string& queue, const std::string& id, const Consent& consent = {});
  // Of any state but active and archived.
  absl::StatusOr<ChangedTask> ArchiveTask(const std::string& queue, const std::string& id, const Consent& consent = {});
  // Of any state but active. Its unique lock goes with it.
  absl::StatusOr<ChangedTask> DeleteTask(const std::string& queue, const std::string& id, const Consent& consent = {});

  // The same for what the selection holds at the beginning, in batches; what comes meanwhile may stay.
  struct Bulk {
    std::optional<int64_t> limit;                               // ends it sooner
    std::function<absl::Status(int64_t total)> consent;         // as above; not asked when there is nothing to do
    std::function<void(int64_t done, int64_t total)> progress;  // told after each batch
  };
  absl::StatusOr<BulkResult> RunAll(const Selection& selection, const Bulk& bulk);
  absl::StatusOr<BulkResult> ArchiveAll(const Selection& selection, const Bulk& bulk);
  absl::StatusOr<BulkResult> DeleteAll(const Selection& selection, const Bulk& bulk);

  // Asks whoever works on the task to stop, which then counts as a failed attempt. TASK_STATE_CONFLICT when it is not
  // active. Nobody answers: it may end by itself meanwhile.
  absl::Status CancelTask(const std::string& queue, const std::string& id);

  // Of a scheduled task. Its unique lock moves to the new content: ALREADY_EXISTS, reason TASK_DUPLICATE, when another
  // task has that one.
  using UpdateConsent = std::function<absl::Status(const Message& before, const Message& after)>;  // as above
  absl::Status UpdateTaskPayload(const std::string& queue, const std::string& id, const std::string& payload,
                                 const UpdateConsent& consent = {});

  // Programs.

  // Those that were alive within the last 10 s, by host and process.
  absl::StatusOr<std::vector<LiveServer>> ListServers() const;
  // By their next time.
  absl::StatusOr<std::vector<Schedule>> ListSchedules() const;
  // The newest first; `skip` of them are left out.
  struct EventRange {
    int skip = 0;
    int most = 30;
  };
  absl::StatusOr<std::vector<EnqueueEvent>> ListScheduleEvents(const std::string& entry_id, EventRange range) const;

 private:
  struct BatchOutcome {
    int64_t changed = 0;
    int64_t seen = 0;
    int64_t left = 0;
  };

  absl::Status CheckQueue(const std::string& queue) const;
  struct Target {
    const std::string& queue;
    const std::string& id;
  };
  absl::StatusOr<ChangedTask> ChangeTask(Action action, const Target& target, const Consent& consent);
  absl::StatusOr<ChangedTask> EvalChange(Action action, const Target& target, bool check);
  absl::StatusOr<std::string> EvalUpdate(std::span<const std::string> keys, std::span<const std::string> args);
  absl::StatusOr<BulkResult> ChangeAll(Action action, const Selection& selection, const Bulk& bulk);
  absl::StatusOr<int64_t> CountOf(const Selection& selection) const;
  struct Place {
    std::string_view queue;
    std::string_view state;  // or "sets": what is being aggregated
    std::string_view group;
  };
  absl::StatusOr<BatchOutcome> ChangeBatch(Action action, const Place& place, int64_t most);
  absl::StatusOr<int64_t> TrimArchive(const std::string& queue);
  absl::Status DeleteAllTasks(const std::string& queue);
  absl::StatusOr<bool> RemoveKeys(const std::string& queue, const std::vector<std::string>& keys);
  absl::Status SweepKeys(const std::string& queue);

  redis::Client& redis_;
  const clock::Clock& clock_;
  const Options options_;
  Maintenance maintenance_;
};

}  // namespace smallbiznis::task
