#include "pkg/task/server/run/attempt.h"

#include "pkg/status/status.h"

namespace smallbiznis::task {

absl::Status Attempt::WriteResult(std::string_view result) {
  // Held while Redis is asked, so that the attempt does not end meanwhile and take the consumer along.
  const std::lock_guard lock(mutex_);
  if (ended_) return status::Error(absl::StatusCode::kFailedPrecondition, "TASK_LOST", "the attempt has ended");
  return consumer_.WriteResult(queue(), id(), owner(), result);
}

Attempt::Lease Attempt::lease() const {
  const std::lock_guard lock(mutex_);
  return lease_;
}

void Attempt::set_lease(Lease lease) {
  const std::lock_guard lock(mutex_);
  lease_ = lease;
}

void Attempt::RequestStop(StopCause cause, absl::Time now) {
  {
    const std::lock_guard lock(mutex_);
    if (stop_cause_) return;
    stop_cause_ = Stop{cause, now};
  }
  stop_.request_stop();  // runs the handler's callbacks: not under the lock
}

std::optional<Attempt::Stop> Attempt::stop() const {
  const std::lock_guard lock(mutex_);
  return stop_cause_;
}

bool Attempt::TryEnd() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(ended_, true);
}

bool Attempt::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

absl::Status ToError(Attempt::StopCause cause) {
  switch (cause) {
    case Attempt::StopCause::kDeadline:
      return absl::DeadlineExceededError("context deadline exceeded");
    case Attempt::StopCause::kCancelled:
      return absl::CancelledError("context canceled");
    case Attempt::StopCause::kLeaseLost:
      return absl::AbortedError("asynq: task lease expired");
    case Attempt::StopCause::kShutdown:
      return absl::UnavailableError("the server shuts down");
  }
  return absl::OkStatus();
}

}  // namespace smallbiznis::task
