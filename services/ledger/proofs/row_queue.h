// Rows on their way from the thread that copies them out of the database to the one that looks at them.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"

namespace smallbiznis::ledger {

// For one thread on each side. Holds about a megabyte.
class RowQueue {
 public:
  // The copying side. Add waits for room, and answers false when nobody wants rows any more.
  bool Add(std::string_view rows);
  void End();

  // The looking side. Rows behind each other; empty when all were given.
  std::string Next();
  void Stop();

 private:
  bool Push() ABSL_LOCKS_EXCLUDED(mutex_);

  std::string block_;  // the copying side's
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> blocks_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace smallbiznis::ledger
