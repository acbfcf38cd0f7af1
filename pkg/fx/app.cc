#include "pkg/fx/app.h"

#include <atomic>
#include <utility>

#include "fmt/format.h"
#include "pkg/fx/internal/graph.h"
#include "pkg/fx/internal/hook_runner.h"
#include "pkg/fx/internal/named.h"
#include "pkg/fx/internal/progress.h"
#include "pkg/fx/internal/stopwatch.h"
#include "pkg/fx/internal/watchdog.h"
#include "pkg/fx/signals.h"
#include "pkg/status/status.h"

namespace smallbiznis::fx {
namespace {

// For what comes after the last stop hook: destructors.
constexpr absl::Duration kDestroyLimit = absl::Milliseconds(500);

}  // namespace

App::App(AppOptions options)
    : options_(std::move(options)), graph_(std::make_unique<Graph>()), progress_(std::make_unique<Progress>()) {
  const HookRunner::Limits limits{options_.start_limit, options_.stop_limit, options_.stop_all_limit};
  hook_runner_ = std::make_unique<HookRunner>(lifecycle_, shutdowner_, *progress_, limits, options_.observer);
  Add({"fx", {Supply(std::ref(lifecycle_)), Supply(std::ref(shutdowner_))}});
}

App::~App() {
  Stop().IgnoreError();  // the observer has been told
  Destroy();
}

App& App::Add(Module module) {
  graph_->Add(std::move(module));
  return *this;
}

std::string App::Dot() const {
  return graph_->Dot();
}

absl::Status App::Build() {
  if (!built_) built_ = BuildSteps();
  return *built_;
}

absl::Status App::BuildSteps() {
  RETURN_IF_ERROR(graph_->Validate());
  for (const size_t index : graph_->BuildOrder()) {
    if (shutdowner_.requested()) return absl::CancelledError("asked to stop while it was built");
    const std::string label = graph_->Label(index);
    progress_->Set("building " + label);
    const Stopwatch stopwatch;
    const absl::Status status = Named(label, Guarded([&] { return RunStep(index); }));
    if (options_.observer) options_.observer({Event::Kind::kBuilt, label, stopwatch.Elapsed(), status});
    RETURN_IF_ERROR(status);
  }
  lifecycle_.Seal();
  return absl::OkStatus();
}

absl::Status App::RunStep(size_t index) {
  const Option& option = graph_->step(index).option;
  std::vector<internal::Instance> arguments;
  for (const std::type_index type : option.needs) arguments.push_back(instances_.at(type));
  ASSIGN_OR_RETURN(std::vector<internal::Instance> made, option.call(arguments));
  for (size_t i = 0; i < made.size(); ++i) {
    if (made[i] == nullptr) return absl::InternalError("the constructor answered a null pointer");
    instances_[option.gives[i]] = made[i];
  }
  if (!made.empty()) steps_.push_back({index, std::move(made)});
  return absl::OkStatus();
}

absl::Status App::Start() {
  RETURN_IF_ERROR(Build());
  if (std::exchange(was_started_, true)) return absl::FailedPreconditionError("the app was started before");
  return Guarded([&] { return hook_runner_->Start(); });
}

absl::Status App::Stop() {
  return Guarded([&] { return hook_runner_->Stop(); });
}

absl::Status App::WaitForEnd(const absl::Status& start) {
  if (start.ok() || (absl::IsCancelled(start) && shutdowner_.requested())) {
    progress_->Set("running");
    return shutdowner_.Wait();
  }
  shutdowner_.Shutdown(start);
  return start;
}

absl::Status App::Run() {
  std::atomic<int> signal_seen = 0;
  Signals signals([&](int signal) {
    if (signal_seen.exchange(signal) != 0) {
      Abandon(fmt::format("second {}: {}", SignalName(signal), progress_->Get()), 128 + signal);
    }
    shutdowner_.Shutdown();
  });
  Watchdog watchdog(shutdowner_, *progress_, options_.stop_all_limit + kDestroyLimit);
  const absl::Status why = WaitForEnd(Start());
  if (options_.observer) {
    const int signal = signal_seen.load();
    options_.observer(
        {Event::Kind::kStopping, signal == 0 ? "the program" : SignalName(signal), absl::ZeroDuration(), why});
  }
  const absl::Status stopped = Stop();
  // What an overrun hook may still use cannot be destroyed, and it cannot be waited for either.
  if (hook_runner_->has_overrun()) Abandon((why.ok() ? stopped : why).ToString());
  Destroy();
  return why.ok() ? stopped : why;
}

void App::Destroy() {
  progress_->Set("waiting for hooks");
  hook_runner_->Join();
  lifecycle_.Clear();
  instances_.clear();
  while (!steps_.empty()) {
    progress_->Set("destroying " + graph_->Label(steps_.back().step));
    steps_.pop_back();
  }
}

}  // namespace smallbiznis::fx
