// The open connections of one server.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"

namespace smallbiznis::rpc::http {

class Connection;

// Thread-safe. Never calls a connection under its lock.
class Connections {
 public:
  enum class Admission {
    kServe,
    kRefuse,  // one too many: answer 503
    kDrop     // and too many of those: close without a word
  };

  explicit Connections(int limit) : limit_(limit) {}

  Admission Add(std::shared_ptr<Connection> connection);
  void Remove(Connection* connection);

  // Being served.
  int open() const;
  std::vector<std::shared_ptr<Connection>> All() const;
  std::vector<std::shared_ptr<Connection>> Expired(std::chrono::steady_clock::time_point now) const;
  // False when some are left after `limit`.
  bool WaitUntilEmpty(std::chrono::nanoseconds limit);

 private:
  struct Entry {
    std::shared_ptr<Connection> connection;
    bool refused;
  };

  const int limit_;
  mutable std::mutex mutex_;
  std::condition_variable empty_;
  std::unordered_map<Connection*, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  int refused_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace smallbiznis::rpc::http
