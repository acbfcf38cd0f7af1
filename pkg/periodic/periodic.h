// A thread that does something again and again.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace smallbiznis::periodic {

class Periodic {
 public:
  // `work` runs at once and then whenever the time that it answered is over, or Wake is called. The destructor, and
  // Stop, wait for a run that is under way.
  explicit Periodic(std::function<absl::Duration()> work);
  ~Periodic() { Stop(); }

  void Wake();
  void Stop();

 private:
  void Loop();

  const std::function<absl::Duration()> work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace smallbiznis::periodic
