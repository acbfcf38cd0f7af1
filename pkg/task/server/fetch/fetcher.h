// Takes tasks out of the queues: as many as there are free slots, as soon as there are any. What ended meanwhile is
// written in the same packet.
#pragma once

#include <condition_variable>
#include <functional>
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
    Finisher& finisher;
    Slots& slots;
    const clock::Clock& clock;
    const log::Logger& logger;
    QueueOrder order;
    std::vector<std::string> queues;
    std::string server_id;
    absl::Duration lease;
    // Starts the attempts; has taken their slots into account when it returns.
    std::function<void(Fetched)> on_fetched;
  };
  explicit Fetcher(Parts parts);
  ~Fetcher() { Stop(); }

  // Nothing is taken after it has returned.
  void Stop();

 private:
  enum class Found { kTasks, kNothing, kError };

  void Loop();
  Found FetchOnce(int free);
  absl::StatusOr<int> FetchFrom(const std::string& queue, int most);
  void WaitForTasks();
  void Notify();

  Parts parts_;
  uint64_t fetches_ = 0;
  bool failing_ = false;
  std::vector<std::string> paused_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool notified_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::pair<std::string, std::unique_ptr<Waker>>> wakers_;
  std::thread thread_;
};

}  // namespace smallbiznis::task
