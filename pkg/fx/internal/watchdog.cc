#include "pkg/fx/internal/watchdog.h"

#include <unistd.h>

#include <cstdlib>

#include "fmt/format.h"
#include "pkg/fx/internal/stopwatch.h"

namespace smallbiznis::fx {

void Abandon(std::string_view why, int code) {
  const std::string line = fmt::format("fx: {}\n", why);
  // stdio may be locked by a thread that hangs.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  std::_Exit(code);
}

Watchdog::Watchdog(const Shutdowner& shutdowner, const Progress& progress, absl::Duration limit)
    : shutdowner_(shutdowner), progress_(progress), limit_(limit), thread_([this] { Watch(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void Watchdog::Watch() {
  shutdowner_.Wait().IgnoreError();
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, Bounded(limit_), [&] { return is_over_; })) return;
  Abandon(fmt::format("has not stopped within {}: {}", absl::FormatDuration(limit_), progress_.Get()));
}

}  // namespace smallbiznis::fx
