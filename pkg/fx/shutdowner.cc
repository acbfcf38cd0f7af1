#include "pkg/fx/shutdowner.h"

#include <utility>

#include "pkg/fx/internal/stopwatch.h"

namespace smallbiznis::fx {

void Shutdowner::Shutdown(absl::Status why) {
  const std::lock_guard lock(mutex_);
  if (why_) return;
  why_ = std::move(why);
  changed_.notify_all();
}

bool Shutdowner::requested() const {
  const std::lock_guard lock(mutex_);
  return why_.has_value();
}

bool Shutdowner::WaitFor(absl::Duration limit) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, Bounded(limit), [&] { return why_.has_value(); });
}

absl::Status Shutdowner::Wait() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return why_.has_value(); });
  return *why_;
}

}  // namespace smallbiznis::fx
