// Writes down how attempts ended: many in one script, tried again while Redis is away.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/log/logger.h"
#include "pkg/periodic/periodic.h"
#include "pkg/task/broker/consumer.h"
#include "pkg/task/server/run/active.h"
#include "pkg/task/server/run/judge.h"

namespace smallbiznis::task {

// Thread-safe. Writes on a thread of its own, or has what was posted carried by somebody who goes to Redis anyway. An
// attempt stays active, its lease renewed, until its end is written, or given up on long after its lease: then somebody
// recovers the task.
class Finisher {
 public:
  struct Parts {
    Consumer& consumer;
    Active& active;
    const clock::Clock& clock;
    const log::Logger& logger;
  };
  explicit Finisher(Parts parts);

  void Post(std::shared_ptr<Attempt> attempt, Verdict verdict);

  // Until everything is written; false when that took longer.
  bool WaitUntilWritten(absl::Duration limit);

  // Of one queue.
  struct Load {
    std::vector<Ending> endings;

   private:
    friend class Finisher;
    struct Item {
      std::shared_ptr<Attempt> attempt;
      Verdict verdict;
      bool resent = false;  // it may have been written before
    };
    std::vector<Item> items;
  };
  // What of a queue waits to be written, for somebody who writes it and then calls Unload.
  Load Carry(const std::string& queue);
  void Unload(const std::string& queue, Load load, const absl::StatusOr<std::vector<Ended>>& ended);
  // Whether the next Carry is about to come, so that the thread need not write.
  void ExpectCarrier(bool expected);

 private:
  using Item = Load::Item;

  absl::Duration WriteAll();
  // These answer what could not be written and is to be tried again.
  std::vector<Item> Write(const std::string& queue, std::vector<Item> items);
  std::vector<Item> Settle(const std::string& queue, std::vector<Item> items,
                           const absl::StatusOr<std::vector<Ended>>& ended);
  std::vector<Item> Keep(std::vector<Item> items, const absl::Status& error);
  Load Pack(std::vector<Item> items) const;
  void PutBack(std::vector<Item> items) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Parts parts_;
  std::mutex mutex_;
  std::condition_variable written_;
  std::vector<Item> posted_ ABSL_GUARDED_BY(mutex_);
  int writers_ ABSL_GUARDED_BY(mutex_) = 0;  // that are under way with what was posted
  bool carrier_ ABSL_GUARDED_BY(mutex_) = false;
  std::atomic<bool> failing_ = false;
  periodic::Periodic writer_;  // last: it uses the rest
};

}  // namespace smallbiznis::task
