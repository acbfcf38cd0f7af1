#include "pkg/task/server/heartbeat.h"

#include <algorithm>
#include <map>
#include <utility>

#include "pkg/redis/error.h"
#include "pkg/status/status.h"

namespace smallbiznis::task {
namespace {

constexpr absl::Duration kBeatEvery = absl::Seconds(5);
constexpr absl::Duration kPauseAfterError = absl::Seconds(1);
constexpr size_t kShownPayload = 2 * 1024;  // of each task, every beat

}  // namespace

Heartbeat::Heartbeat(Parts parts) : parts_(std::move(parts)), beats_([this] { return Beat(); }) {}

void Heartbeat::Stop() {
  beats_.Stop();
  if (absl::Status status = parts_.presence.Clear(); !status.ok()) {
    parts_.logger.Warn("cannot take the server's record out of Redis; it goes by itself",
                       {{"error", status.message()}});
  }
}

absl::Duration Heartbeat::Beat() {
  const std::vector<std::shared_ptr<Attempt>> attempts = parts_.active.All();
  absl::Status status = RenewLeases(attempts);
  if (status.ok()) status = Publish(attempts);
  if (status.ok()) {
    failing_ = false;
    return kBeatEvery;
  }
  if (!std::exchange(failing_, true)) {
    parts_.logger.Warn("the heartbeat does not reach Redis; trying again", {{"error", status.message()}});
  }
  return kPauseAfterError;
}

absl::Status Heartbeat::RenewLeases(const std::vector<std::shared_ptr<Attempt>>& attempts) {
  const absl::Time now = parts_.clock.Now();
  std::map<std::string, std::vector<std::shared_ptr<Attempt>>> queues;
  for (const std::shared_ptr<Attempt>& attempt : attempts) {
    if (attempt->lease().held_until > now) {
      queues[attempt->queue()].push_back(attempt);
    } else {
      // Not renewed any more: whoever recovers the task takes a lease that ends later than any of ours.
      attempt->RequestStop(Attempt::StopCause::kLeaseLost, now);
    }
  }
  for (const auto& [queue, of_queue] : queues) RETURN_IF_ERROR(RenewLeases(queue, of_queue, now + parts_.lease));
  return absl::OkStatus();
}

absl::Status Heartbeat::RenewLeases(const std::string& queue, const std::vector<std::shared_ptr<Attempt>>& attempts,
                                    absl::Time end) {
  std::vector<Consumer::Lease> asked;
  std::vector<Attempt::Lease> before;
  for (const std::shared_ptr<Attempt>& attempt : attempts) {
    before.push_back(attempt->lease());
    asked.push_back({.id = attempt->id(), .end = before.back().asked_for});
    attempt->set_lease({.held_until = before.back().held_until, .asked_for = end});
  }
  const absl::StatusOr<std::vector<std::string>> lost = parts_.consumer.ExtendLeases(queue, asked, end);
  for (size_t i = 0; i < attempts.size(); ++i) {
    if (!lost.ok()) {
      if (!redis::OutcomeUnknown(lost.status())) attempts[i]->set_lease(before[i]);
    } else if (std::find(lost->begin(), lost->end(), attempts[i]->id()) == lost->end()) {
      attempts[i]->set_lease({.held_until = end, .asked_for = end});
    } else if (!attempts[i]->ended()) {
      attempts[i]->RequestStop(Attempt::StopCause::kLeaseLost, parts_.clock.Now());
    }
  }
  return lost.status();
}

absl::Status Heartbeat::Publish(const std::vector<std::shared_ptr<Attempt>>& attempts) {
  ServerInfo info = parts_.info;
  info.status = parts_.status();
  std::vector<WorkerInfo> workers;
  for (const std::shared_ptr<Attempt>& attempt : attempts) {
    if (attempt->ended()) continue;
    workers.push_back({.host = info.host,
                       .pid = info.pid,
                       .server_id = info.server_id,
                       .task_id = attempt->id(),
                       .task_type = attempt->type(),
                       .task_payload = attempt->payload().substr(0, kShownPayload),
                       .queue = attempt->queue(),
                       .started_at = attempt->started_at(),
                       .deadline = attempt->deadline()});
  }
  info.active_workers = static_cast<int>(workers.size());
  return parts_.presence.Publish(info, workers);
}

}  // namespace smallbiznis::task
