// How a program ends itself.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace smallbiznis::fx {

// Injectable in every app. Thread-safe.
class Shutdowner {
 public:
  // Asks App::Run to stop. `why` is what Run answers: an error when the program cannot go on. Only the first request
  // counts. Returns at once.
  void Shutdown(absl::Status why = absl::OkStatus());

  // Whether anybody has asked, a signal included. What waits for long while the app is built or started looks here.
  bool requested() const;
  // Waits until somebody asks, at most `limit`. Answers requested(): an interruptible pause.
  bool WaitFor(absl::Duration limit) const;
  // Waits until somebody asks, and answers why.
  absl::Status Wait() const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::optional<absl::Status> why_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::fx
