// A door that lets few in at a time and few wait before it.
#pragma once

#include <condition_variable>
#include <list>
#include <mutex>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace smallbiznis::password {

// Thread-safe. Who waits is let in in the order of arrival.
class Gate {
 public:
  // `max_inside` at least 1, `max_waiting` at least 0.
  Gate(int max_inside, int max_waiting) : max_inside_(max_inside), max_waiting_(max_waiting) {}

  // Whoever is inside; leaves when destroyed, which must be before the gate is.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(&gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->Leave();
    }

   private:
    Gate* gate_;
  };

  // RESOURCE_EXHAUSTED, reason PASSWORD_BUSY, at once when enough are waiting; DEADLINE_EXCEEDED with that reason when
  // `deadline` comes first. Both say that another try in a second makes sense.
  absl::StatusOr<Pass> Enter(absl::Time deadline);

  int inside() const;
  int waiting() const;

 private:
  struct Waiter {
    bool admitted = false;
  };
  void Leave();

  const int max_inside_;
  const int max_waiting_;
  mutable std::mutex mutex_;
  std::condition_variable admitted_;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
  std::list<Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::password
