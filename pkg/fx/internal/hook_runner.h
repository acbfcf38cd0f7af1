// Runs the hooks of a Lifecycle, each within its time.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pkg/fx/event.h"
#include "pkg/fx/internal/progress.h"
#include "pkg/fx/lifecycle.h"
#include "pkg/fx/shutdowner.h"

namespace smallbiznis::fx {

// Used from one thread.
class HookRunner {
 public:
  struct Limits {
    absl::Duration start;     // each start hook that names none
    absl::Duration stop;      // each stop hook that names none
    absl::Duration stop_all;  // all stop hooks together
  };

  // All must outlive the runner.
  HookRunner(const Lifecycle& lifecycle, const Shutdowner& shutdowner, Progress& progress, Limits limits,
             const Observer& observer)
      : lifecycle_(lifecycle), shutdowner_(shutdowner), progress_(progress), limits_(limits), observer_(observer) {}
  ~HookRunner() { Join(); }

  // Up to the first error, which names its hook; then what had started has been stopped again. CANCELLED when a
  // shutdown was requested before the last hook had its turn.
  absl::Status Start();

  // What has started, in reverse. Goes on past errors; answers the first, naming all that failed, overran
  // (DEADLINE_EXCEEDED) or had no time left.
  absl::Status Stop();

  // Whether a hook still runs that overran.
  bool has_overrun() const { return !overrun_.empty(); }
  // Waits for hooks that overran.
  void Join();

 private:
  absl::Status RunBounded(Event::Kind kind, const std::string& name, const std::function<absl::Status()>& hook,
                          absl::Duration limit);

  const Lifecycle& lifecycle_;
  const Shutdowner& shutdowner_;
  Progress& progress_;
  const Limits limits_;
  const Observer& observer_;
  size_t started_ = 0;  // hooks from the first one on that have started
  std::vector<std::thread> overrun_;
};

}  // namespace smallbiznis::fx
