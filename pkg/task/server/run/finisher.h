// Writes down how attempts ended: many in one script, tried again while Redis is away.
#pragma once

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

// Thread-safe. An attempt stays active, its lease renewed, until its end is written, or given up on long after its
// lease: then somebody recovers the task.
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

 private:
  struct Item {
    std::shared_ptr<Attempt> attempt;
    Verdict verdict;
    bool resent = false;  // it may have been written before
  };
  absl::Duration WriteAll();
  // What could not be written.
  std::vector<Item> Write(const std::string& queue, std::vector<Item> items);
  void Keep(std::vector<Item> items, const absl::Status& error, std::vector<Item>& kept);

  const Parts parts_;
  std::mutex mutex_;
  std::condition_variable written_;
  std::vector<Item> posted_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool failing_ = false;       // the writer's own
  periodic::Periodic writer_;  // last: it uses the rest
};

}  // namespace smallbiznis::task
