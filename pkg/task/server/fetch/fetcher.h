// Takes tasks out of the queues: as many as there are free slots, as soon as there are any. What ended meanwhile is
// written in the same script. While the queues have more than that takes, a second thread fetches on a connection of
// its own, so that Redis works on one portion while the other travels.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "pkg/clock/clock.h"
#include "pkg/log/logger.h"
#include "pkg/redis/client.h"
#include "pkg/task/broker/consumer.h"
#include "pkg/task/server/fetch/queue_order.h"
#include "pkg/task/server/fetch/slots.h"
#include "pkg/task/server/fetch/waker.h"
#include "pkg/task/server/run/finisher.h"

namespace smallbiznis::task {

class Fetcher {
 public:
  struct Fetched {
    std::string queue;
    std::string owner;
    absl::Time lease_end;
    std::vector<Consumer::Taken> tasks;
  };
  struct Parts {
    redis::Client& redis;
    Consumer& consumer;
    Consumer& consumer_beside;
    Finisher& finisher;
    Slots& slots;
    const clock::Clock& clock;
    const log::Logger& logger;
    std::map<std::string, int> queues;  // with their weights
    bool strict_priority;
    std::string server_id;
    absl::Duration lease;
    // Starts the attempts. Called by two threads.
    std::function<void(Fetched)> on_fetched;
  };
  explicit Fetcher(Parts parts);
  ~Fetcher() { Stop(); }

  // Nothing is taken after it has returned.
  void Stop();

 private:
  enum class Found { kTasks, kNothing, kError };

  // What one of the two threads has for itself.
  struct Lane {
    Consumer& consumer;
    QueueOrder order;
    std::vector<std::string> paused;
    int unused = 0;  // of the slots that were reserved for its last fetch
  };

  void Loop();
  void LoopBeside();
  Found FetchOnce(Lane& lane, int reserved);
  absl::StatusOr<int> FetchFrom(Lane& lane, const std::string& queue, int most);
  void WaitForTasks();
  // What a waker does when its queue has its first task.
  void FetchWoken();
  void Notify();

  Parts parts_;
  std::atomic<uint64_t> fetches_ = 0;
  std::atomic<bool> failing_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool notified_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::pair<std::string, std::unique_ptr<Waker>>> wakers_;
  std::thread thread_;
  std::thread thread_beside_;
};

}  // namespace smallbiznis::task
