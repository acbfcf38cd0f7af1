// Asks handlers to stop in time, and gives up on those that do not.
#pragma once

#include <functional>
#include <memory>

#include "pkg/clock/clock.h"
#include "pkg/periodic/periodic.h"
#include "pkg/task/server/run/active.h"

namespace smallbiznis::task {

class Watchdog {
 public:
  struct Parts {
    Active& active;
    const clock::Clock& clock;
    // How long a handler may take to return once it was asked to stop; its result counts until then.
    absl::Duration grace;
    std::function<void(const std::shared_ptr<Attempt>&, Attempt::StopCause)> give_up;
  };
  explicit Watchdog(Parts parts);
  void Stop() { rounds_.Stop(); }

 private:
  absl::Duration Look();

  const Parts parts_;
  periodic::Periodic rounds_;
};

}  // namespace smallbiznis::task
