// The calls that stay open for as long as their client likes (reflection, health watches): a drain ends them instead of
// waiting for them.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "absl/base/thread_annotations.h"

namespace smallbiznis::rpc::grpc {

class Stream {
 public:
  virtual ~Stream() = default;
  // Ends the call as soon as what is being written is out. Any thread, any number of times.
  virtual void End() = 0;
};

// Thread-safe.
class Streams {
 public:
  // Ends `stream` at once when the server is draining.
  void Add(const std::shared_ptr<Stream>& stream);
  void EndAll();

 private:
  std::mutex mutex_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::weak_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::rpc::grpc
