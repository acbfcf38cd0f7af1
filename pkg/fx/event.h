// What an app tells while it is built, started and stopped; for the log.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace smallbiznis::fx {

struct Event {
  enum class Kind {
    kBuilt,     // a constructor or an invocation has run
    kStarted,   // a start hook has run, or overran (DEADLINE_EXCEEDED)
    kStopping,  // the program was asked to stop: `name` says by whom
    kStopped,   // a stop hook has run, or overran (DEADLINE_EXCEEDED)
  };
  Kind kind;
  std::string name;  // "db::Pool (module db)", "HTTP server", "SIGTERM"
  absl::Duration took;
  absl::Status status;
};

using Observer = std::function<void(const Event&)>;

}  // namespace smallbiznis::fx
