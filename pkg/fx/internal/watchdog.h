// Ends the program when it does not end itself.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "pkg/fx/internal/progress.h"
#include "pkg/fx/shutdowner.h"

namespace smallbiznis::fx {

// Writes "fx: <why>" to stderr and ends the process at once with `code`: no destructors, other threads may still run.
[[noreturn]] void Abandon(std::string_view why, int code = 1);

// Abandons the process when this object still exists `limit` after a shutdown was requested.
class Watchdog {
 public:
  // Both must outlive it.
  Watchdog(const Shutdowner& shutdowner, const Progress& progress, absl::Duration limit);
  // A shutdown must have been requested.
  ~Watchdog();

 private:
  void Watch();

  const Shutdowner& shutdowner_;
  const Progress& progress_;
  const absl::Duration limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_over_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace smallbiznis::fx
