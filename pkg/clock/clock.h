// Where the time comes from. Nothing outside this room asks the system for it, so a test can set it.
#pragma once

#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace smallbiznis::clock {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
};

// Stands still until it is told to move.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time now) : now_(now) {}

  absl::Time Now() const override;
  void Advance(absl::Duration by);

 private:
  mutable std::mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::clock
