#include "pkg/fx/internal/hook_runner.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "pkg/fx/internal/named.h"
#include "pkg/fx/internal/stopwatch.h"
#include "pkg/text/view.h"

namespace smallbiznis::fx {

void HookRunner::Join() {
  for (std::thread& thread : overrun_) thread.join();
  overrun_.clear();
}

absl::Status HookRunner::RunBounded(Event::Kind kind, const std::string& name,
                                    const std::function<absl::Status()>& hook, absl::Duration limit) {
  progress_.Set(fmt::format("{} {}", kind == Event::Kind::kStarted ? "starting" : "stopping", name));
  const Stopwatch stopwatch;
  std::promise<absl::Status> promise;
  std::future<absl::Status> future = promise.get_future();
  // The hook itself is kept alive by the lifecycle, which outlives this runner's threads.
  std::thread thread([&hook, promise = std::move(promise)]() mutable { promise.set_value(Guarded(hook)); });
  absl::Status status;
  if (future.wait_for(Bounded(limit)) == std::future_status::ready) {
    thread.join();
    status = future.get();
  } else {
    overrun_.push_back(std::move(thread));
    status = absl::DeadlineExceededError(fmt::format("has not returned within {}", absl::FormatDuration(limit)));
  }
  if (observer_) observer_({kind, name, stopwatch.Elapsed(), status});
  return status;
}

absl::Status HookRunner::Start() {
  const std::vector<Hook>& hooks = lifecycle_.hooks();
  for (started_ = 0; started_ < hooks.size(); ++started_) {
    const Hook& hook = hooks[started_];
    absl::Status status;
    if (shutdowner_.requested()) {
      status = absl::CancelledError("asked to stop while starting");
    } else if (hook.on_start) {
      status = RunBounded(Event::Kind::kStarted, hook.name, hook.on_start, hook.start_limit.value_or(limits_.start));
      status = Named("start " + hook.name, status);
    }
    if (status.ok()) continue;
    // The error of the start counts; what Stop has to say was told to the observer.
    Stop().IgnoreError();
    return status;
  }
  return absl::OkStatus();
}

absl::Status HookRunner::Stop() {
  const Stopwatch stopwatch;
  std::vector<std::string> problems;
  absl::StatusCode code = absl::StatusCode::kOk;
  while (started_ > 0) {
    const Hook& hook = lifecycle_.hooks()[--started_];
    if (!hook.on_stop) continue;
    const absl::Duration left = limits_.stop_all - stopwatch.Elapsed();
    absl::Status status;
    if (left <= absl::ZeroDuration()) {
      status = absl::DeadlineExceededError("not stopped: no time left");
      if (observer_) observer_({Event::Kind::kStopped, hook.name, absl::ZeroDuration(), status});
    } else {
      status = RunBounded(Event::Kind::kStopped, hook.name, hook.on_stop,
                          std::min(left, hook.stop_limit.value_or(limits_.stop)));
    }
    if (status.ok()) continue;
    if (code == absl::StatusCode::kOk) code = status.code();
    problems.push_back(fmt::format("stop {}: {}", hook.name, text::ToStd(status.message())));
  }
  return absl::Status(code, fmt::format("{}", fmt::join(problems, "; ")));
}

}  // namespace smallbiznis::fx
