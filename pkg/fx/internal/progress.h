// What an app is doing right now, for the message when it does not end.
#pragma once

#include <mutex>
#include <string>

#include "absl/base/thread_annotations.h"

namespace smallbiznis::fx {

// Thread-safe.
class Progress {
 public:
  void Set(std::string doing) {
    const std::lock_guard lock(mutex_);
    doing_ = std::move(doing);
  }
  std::string Get() const {
    const std::lock_guard lock(mutex_);
    return doing_;
  }

 private:
  mutable std::mutex mutex_;
  std::string doing_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::fx
