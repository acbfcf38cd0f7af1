#include "pkg/task/server/run/watchdog.h"

#include <utility>

namespace smallbiznis::task {
namespace {

constexpr absl::Duration kLookEvery = absl::Milliseconds(100);

}  // namespace

Watchdog::Watchdog(Parts parts) : parts_(std::move(parts)), rounds_([this] { return Look(); }) {}

absl::Duration Watchdog::Look() {
  const absl::Time now = parts_.clock.Now();
  for (const std::shared_ptr<Attempt>& attempt : parts_.active.All()) {
    if (attempt->ended()) continue;
    if (now >= attempt->deadline()) attempt->RequestStop(Attempt::StopCause::kDeadline, now);
    const std::optional<Attempt::Stop> stop = attempt->stop();
    if (stop && now >= stop->at + parts_.grace) parts_.give_up(attempt, stop->cause);
  }
  return kLookEvery;
}

}  // namespace smallbiznis::task
