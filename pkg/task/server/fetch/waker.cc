#include "pkg/task/server/fetch/waker.h"

#include <utility>

#include "pkg/redis/command.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace {

constexpr int kBlockSeconds = 5;
constexpr absl::Duration kAnswerLimit = absl::Seconds(kBlockSeconds + 3);
constexpr absl::Duration kPauseAfterError = absl::Seconds(1);

}  // namespace

Waker::Waker(std::unique_ptr<redis::Connection> connection, std::string queue, std::function<void()> on_task)
    : connection_(std::move(connection)),
      pending_(StateKey(queue, State::kPending)),
      on_task_(std::move(on_task)),
      watcher_([this] { return Watch(); }) {}

Waker::~Waker() {
  connection_->Interrupt();
  watcher_.Stop();
}

void Waker::Arm() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(armed_, true)) watcher_.Wake();
}

absl::Duration Waker::Watch() {
  {
    const std::lock_guard lock(mutex_);
    if (!armed_) return absl::InfiniteDuration();
  }
  const absl::StatusOr<redis::Reply> reply = connection_->Do(
      redis::Command("BLMOVE").Key(pending_).Key(pending_).Arg("RIGHT").Arg("RIGHT").Arg(kBlockSeconds), kAnswerLimit);
  if (!reply.ok()) return kPauseAfterError;  // the server looks by itself now and then
  if (reply->IsNil()) return absl::ZeroDuration();
  {
    const std::lock_guard lock(mutex_);
    armed_ = false;
  }
  on_task_();
  return absl::InfiniteDuration();
}

}  // namespace smallbiznis::task
