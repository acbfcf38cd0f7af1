// Says when a queue gets its first task, whoever put it there.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/base/thread_annotations.h"
#include "pkg/periodic/periodic.h"
#include "pkg/redis/connection.h"

namespace smallbiznis::task {

// Waits on a connection and thread of its own with a command that takes the oldest pending id and puts it back in its
// place, so it needs nothing of those who add tasks.
class Waker {
 public:
  Waker(std::unique_ptr<redis::Connection> connection, std::string queue, std::function<void()> on_task);
  ~Waker();

  // `on_task` is called once, as soon as something is pending. Not for a queue that is paused: what is pending there
  // would be seen again and again.
  void Arm();

 private:
  absl::Duration Watch();

  const std::unique_ptr<redis::Connection> connection_;
  const std::string pending_;
  const std::function<void()> on_task_;
  std::mutex mutex_;
  bool armed_ ABSL_GUARDED_BY(mutex_) = false;
  periodic::Periodic watcher_;  // last: it uses the rest
};

}  // namespace smallbiznis::task
