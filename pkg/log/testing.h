// For tests of whatever logs: a logger whose lines can be read back.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "pkg/clock/clock.h"
#include "pkg/log/logger.h"

namespace smallbiznis::log {

// Thread-safe. Every line says 2026-01-02T03:04:05.000000Z.
class CapturedLog {
 public:
  explicit CapturedLog(Level level = Level::kDebug)
      : logger_(level, clock_, [this](std::string_view line) {
          const std::lock_guard lock(mutex_);
          lines_.emplace_back(line);
        }) {}

  const Logger& logger() const { return logger_; }

  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  const clock::FakeClock clock_{absl::FromUnixSeconds(1767323045)};
  mutable std::mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
  Logger logger_;
};

}  // namespace smallbiznis::log
