// The node number of this process, leased in a table, so that nobody has to hand numbers out.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/db/pool.h"

namespace smallbiznis::snowflake {

// Held from Acquire until destroyed, renewed on a thread of its own. A process that is killed keeps its number until
// the lease runs out.
class NodeLease {
 public:
  struct Times {
    absl::Duration lease = absl::Seconds(60);  // whole seconds
    absl::Duration renew_every = absl::Seconds(15);
    // Without a renewal for this long the lease counts as lost here; the rest of `lease` is left to whoever must stop.
    absl::Duration lost_after = absl::Seconds(45);
  };

  // Takes a free number, 0 to Generator::kMaxNode. RESOURCE_EXHAUSTED, reason NO_FREE_NODE, when all are taken.
  // `on_lost` is called at most once, on the lease's thread: no id may be made after `lease - lost_after` from then.
  // `pool` must outlive the lease.
  static absl::StatusOr<std::unique_ptr<NodeLease>> Acquire(db::Pool& pool,
                                                            std::function<void(const absl::Status&)> on_lost,
                                                            Times times);
  static absl::StatusOr<std::unique_ptr<NodeLease>> Acquire(db::Pool& pool,
                                                            std::function<void(const absl::Status&)> on_lost) {
    return Acquire(pool, std::move(on_lost), Times());
  }
  // Gives the number back.
  ~NodeLease();

  int node() const { return node_; }
  // Whether nobody else can have the number yet; thread-safe. What a Generator asks: a process that was stopped for
  // longer than its lease must not make ids before the lease's own thread has noticed.
  bool held() const { return SteadyTime::clock::now() < held_until_.load(std::memory_order_relaxed); }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  NodeLease(db::Pool& pool, std::function<void(const absl::Status&)> on_lost, Times times, int node, std::string holder,
            SteadyTime asked_at);

  void Run();
  // False when somebody else has the number, or nobody: it ran out.
  absl::StatusOr<bool> Renew();

  db::Pool& pool_;
  const std::function<void(const absl::Status&)> on_lost_;
  const Times times_;
  const int node_;
  const std::string holder_;
  std::atomic<SteadyTime> held_until_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace smallbiznis::snowflake
