// Deadlines, and waiting for a file descriptor until one of them.
#pragma once

#include <chrono>

#include "absl/time/time.h"

namespace smallbiznis::redis {

using Deadline = std::chrono::steady_clock::time_point;

inline Deadline Now() {
  return std::chrono::steady_clock::now();
}
// Deadline::max() for what is too far away.
Deadline After(absl::Duration time);

// Wakes whoever waits, for good. Thread-safe.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void Stop();
  int fd() const { return fd_; }

 private:
  const int fd_;
};

enum class Ready { kReady, kTimeout, kStopped };

// Waits until `fd` has one of poll's `events` (or an error), the deadline passes, or `stop_fd` (-1: none) is stopped.
Ready WaitFor(int fd, short events, Deadline deadline, int stop_fd = -1);

}  // namespace smallbiznis::redis
