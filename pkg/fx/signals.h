// SIGTERM and SIGINT as calls on an ordinary thread.
#pragma once

#include <functional>
#include <thread>

#include "absl/status/statusor.h"

namespace smallbiznis::fx {

class Signals {
 public:
  // Blocks SIGTERM and SIGINT in the calling thread, and so in all that it starts from now on, and ignores SIGPIPE.
  // `on_signal` runs on a thread of this object, once for each signal. Make one before other threads exist: a thread
  // that has not blocked a signal would die of it.
  explicit Signals(std::function<void(int signal)> on_signal);
  // Joins the thread and gives the calling thread its signals back; those that came meanwhile are dropped.
  ~Signals();

 private:
  void Watch();

  const std::function<void(int)> on_signal_;
  int wake_fd_ = -1;    // eventfd: the watcher is to return
  int signal_fd_ = -1;  // signalfd
  std::thread watcher_;
};

// "SIGTERM", "SIGINT".
const char* SignalName(int signal);

}  // namespace smallbiznis::fx
