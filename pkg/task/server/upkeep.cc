#include "pkg/task/server/upkeep.h"

#include <algorithm>
#include <utility>

#include "pkg/status/status.h"

namespace smallbiznis::task {
namespace {

constexpr absl::Duration kForwardEvery = absl::Seconds(1);  // sooner when something is due sooner
constexpr absl::Duration kRecoverEvery = absl::Seconds(15);
constexpr absl::Duration kDeleteEvery = absl::Seconds(8);
constexpr absl::Duration kPauseAfterError = absl::Seconds(1);
// After a lease's end: its owner may only have been slow to renew it.
constexpr absl::Duration kRecoverAfter = absl::Seconds(30);
constexpr int kFullBatch = 100;

}  // namespace

Upkeep::Upkeep(Parts parts)
    : parts_(std::move(parts)),
      forwarder_([this] { return ForwardDue(); }),
      recoverer_([this] { return RecoverAbandoned(); }),
      janitor_([this] { return DeleteOld(); }) {}

void Upkeep::Stop() {
  forwarder_.Stop();
  recoverer_.Stop();
  janitor_.Stop();
}

absl::Duration Upkeep::Report(const absl::Status& status, absl::Duration pause) const {
  if (status.ok()) return pause;
  parts_.logger.Warn("the queues' upkeep failed; trying again", {{"error", status.message()}});
  return kPauseAfterError;
}

absl::Duration Upkeep::ForwardDue() {
  absl::Duration pause = kForwardEvery;
  for (const std::string& queue : parts_.queues) {
    for (const State from : {State::kScheduled, State::kRetry}) {
      const absl::StatusOr<std::optional<absl::Time>> next = ForwardAll(queue, from);
      if (!next.ok()) return Report(next.status(), pause);
      if (*next) pause = std::min(pause, **next - parts_.clock.Now());
    }
  }
  return pause;
}

absl::StatusOr<std::optional<absl::Time>> Upkeep::ForwardAll(const std::string& queue, State from) {
  for (;;) {
    ASSIGN_OR_RETURN(const Maintenance::Forwarded forwarded, parts_.maintenance.Forward(queue, from));
    if (forwarded.count < kFullBatch) return forwarded.next_due;
  }
}

absl::Duration Upkeep::RecoverAbandoned() {
  for (const std::string& queue : parts_.queues) {
    if (absl::Status status = RecoverIn(queue); !status.ok()) return Report(status, kRecoverEvery);
    const absl::StatusOr<int> sets = parts_.groups.Reclaim(queue);
    if (!sets.ok()) return Report(sets.status(), kRecoverEvery);
    if (*sets > 0) {
      parts_.logger.Warn("put members back into groups whose aggregation did not end",
                         {{"queue", queue}, {"sets", *sets}});
    }
  }
  return kRecoverEvery;
}

absl::Status Upkeep::RecoverIn(const std::string& queue) {
  for (;;) {
    const absl::Time now = parts_.clock.Now();
    ASSIGN_OR_RETURN(const std::vector<Abandoned> abandoned,
                     parts_.maintenance.FindAbandoned(queue, now - kRecoverAfter));
    if (abandoned.empty()) return absl::OkStatus();
    std::vector<Recovery> recoveries;
    for (const Abandoned& attempt : abandoned) {
      absl::StatusOr<Message> message = DecodeMessage(attempt.bytes);
      if (!message.ok()) {  // nobody can try it
        recoveries.push_back({.attempt = attempt, .bytes = attempt.bytes, .retry_at = std::nullopt});
        continue;
      }
      const Verdict verdict =
          Judge(*std::move(message), absl::AbortedError("asynq: task lease expired"), parts_.policy, now);
      recoveries.push_back({.attempt = attempt, .bytes = Encode(verdict.message), .retry_at = std::nullopt});
      if (verdict.outcome != Outcome::kArchive) recoveries.back().retry_at = verdict.at;
    }
    ASSIGN_OR_RETURN(const int recovered, parts_.maintenance.Recover(queue, recoveries));
    if (recovered > 0) {
      parts_.logger.Warn("recovered tasks whose worker is gone", {{"queue", queue}, {"tasks", recovered}});
    }
    if (abandoned.size() < kFullBatch) return absl::OkStatus();
  }
}

absl::Duration Upkeep::DeleteOld() {
  for (const std::string& queue : parts_.queues) {
    if (absl::Status status = DeleteOldIn(queue); !status.ok()) return Report(status, kDeleteEvery);
  }
  return kDeleteEvery;
}

absl::Status Upkeep::DeleteOldIn(const std::string& queue) {
  int deleted = 0;
  do {
    ASSIGN_OR_RETURN(deleted, parts_.maintenance.DeleteCompleted(queue));
  } while (deleted == kFullBatch);
  int trimmed = 0;
  do {
    ASSIGN_OR_RETURN(deleted, parts_.maintenance.TrimArchive(queue, parts_.archive));
    trimmed += deleted;
  } while (deleted == kFullBatch);
  if (trimmed > 0) {
    parts_.logger.Info("deleted archived tasks that were too old or too many", {{"queue", queue}, {"tasks", trimmed}});
  }
  return absl::OkStatus();
}

}  // namespace smallbiznis::task
