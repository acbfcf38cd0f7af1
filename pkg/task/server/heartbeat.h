// Renews the leases of what a server works on and says in Redis what it does, on a connection that nothing else slows.
#pragma once

#include <functional>
#include <string>

#include "pkg/clock/clock.h"
#include "pkg/log/logger.h"
#include "pkg/periodic/periodic.h"
#include "pkg/task/broker/consumer.h"
#include "pkg/task/broker/presence.h"
#include "pkg/task/server/run/active.h"

namespace smallbiznis::task {

class Heartbeat {
 public:
  struct Parts {
    Consumer& consumer;  // on the connection for leases
    Presence& presence;
    Active& active;
    const clock::Clock& clock;
    const log::Logger& logger;
    absl::Duration lease;
    ServerInfo info;  // but for its status and its active workers
    std::function<std::string()> status;
  };
  explicit Heartbeat(Parts parts);

  // Once more at once: the status has changed.
  void Wake() { beats_.Wake(); }
  // No more beats; the server is gone from Redis.
  void Stop();

 private:
  absl::Duration Beat();
  absl::Status RenewLeases(const std::vector<std::shared_ptr<Attempt>>& attempts);
  absl::Status RenewLeases(const std::string& queue, const std::vector<std::shared_ptr<Attempt>>& attempts,
                           absl::Time end);
  absl::Status Publish(const std::vector<std::shared_ptr<Attempt>>& attempts);

  const Parts parts_;
  bool failing_ = false;
  periodic::Periodic beats_;
};

}  // namespace smallbiznis::task
