// Sends cancel requests. libpq's PQcancel opens a connection of its own and blocks, so it runs on a thread of its own,
// and nobody whose deadline has passed waits for a network that does not answer.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/base/thread_annotations.h"

struct pg_cancel;
struct pg_conn;

namespace smallbiznis::db {

// Thread-safe. The destructor waits for the request under way and drops the others.
class Canceller {
 public:
  Canceller();
  ~Canceller();
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;

  // Asks the server to cancel what `connection` is running. `connection` may be closed at any time afterwards.
  void Cancel(pg_conn* connection);

 private:
  struct Free {
    void operator()(pg_cancel* request) const;
  };
  using Request = std::unique_ptr<pg_cancel, Free>;

  void Loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request> requests_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace smallbiznis::db
