#include "pkg/password/gate.h"

#include "pkg/status/status.h"

namespace smallbiznis::password {
namespace {

absl::Status Busy(absl::StatusCode code) {
  return status::WithRetryDelay(
      status::Error(code, "PASSWORD_BUSY", "too many passwords are being checked at the moment"), absl::Seconds(1));
}

}  // namespace

absl::StatusOr<Gate::Pass> Gate::Enter(absl::Time deadline) {
  std::unique_lock lock(mutex_);
  if (inside_ < max_inside_) {
    ++inside_;
    return Pass(*this);
  }
  if (static_cast<int>(waiters_.size()) >= max_waiting_) return Busy(absl::StatusCode::kResourceExhausted);
  const auto self = waiters_.emplace(waiters_.end());
  const auto let_in = [&] { return self->admitted; };
  if (deadline == absl::InfiniteFuture()) {
    admitted_.wait(lock, let_in);
  } else {
    admitted_.wait_until(lock, absl::ToChronoTime(deadline), let_in);
  }
  const bool admitted = self->admitted;
  waiters_.erase(self);
  if (!admitted) return Busy(absl::StatusCode::kDeadlineExceeded);
  return Pass(*this);
}

void Gate::Leave() {
  const std::lock_guard lock(mutex_);
  // A place goes straight to the one who has waited longest: nobody who comes now can take it.
  for (Waiter& waiter : waiters_) {
    if (waiter.admitted) continue;
    waiter.admitted = true;
    admitted_.notify_all();
    return;
  }
  --inside_;
}

int Gate::inside() const {
  const std::lock_guard lock(mutex_);
  return inside_;
}

int Gate::waiting() const {
  const std::lock_guard lock(mutex_);
  int waiting = 0;
  for (const Waiter& waiter : waiters_) waiting += waiter.admitted ? 0 : 1;
  return waiting;
}

}  // namespace smallbiznis::password
