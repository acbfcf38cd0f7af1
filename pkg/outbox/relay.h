// Publishes outbox messages as tasks.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/db/listener.h"
#include "pkg/db/pool.h"
#include "pkg/log/logger.h"
#include "pkg/outbox/store.h"
#include "pkg/periodic/periodic.h"
#include "pkg/redis/client.h"
#include "pkg/task/client.h"
#include "pkg/telemetry/metrics.h"

namespace smallbiznis::outbox {

// Any number of relays, in any number of processes, share the work. Nothing that was committed is lost and nothing else
// is published, whenever a relay is killed: a message is marked after it is in Redis, and its task's id is its own, so
// that publishing it again does nothing. Redis may lose everything: what is not done is published again.
//
// A message that can never be published (a payload over the limit) is parked with its error; later ones of its key go
// on.
class Relay {
 public:
  struct Parts {
    db::Pool& pool;
    db::PoolOptions database;  // for a connection that listens
    redis::Client& redis;
    task::Client& tasks;
    const clock::Clock& clock;
    const log::Logger& logger;
    telemetry::Metrics& metrics;
  };
  explicit Relay(Parts parts);
  ~Relay() { Stop(); }

  void Start();
  // Returns when the batch that is under way is done. Idempotent.
  void Stop();

 private:
  absl::Duration Run();
  // How many were published, or parked.
  absl::StatusOr<int> PublishDue();
  absl::Status PublishLost();
  absl::StatusOr<int> Publish(db::Tx& tx, const std::vector<Row>& rows);
  absl::StatusOr<bool> RedisForgot();
  absl::Status Measure();
  absl::Status DeleteDone();

  const Parts parts_;
  Store store_;
  telemetry::Gauge& due_;
  telemetry::Gauge& lag_s_;
  telemetry::Gauge& parked_;
  telemetry::Counter& published_;
  bool failing_ = false;
  absl::Time measured_at_ = absl::InfinitePast();
  absl::Time looked_for_lost_at_ = absl::InfinitePast();
  absl::Time deleted_at_ = absl::InfinitePast();
  std::optional<periodic::Periodic> rounds_;
  std::unique_ptr<db::Listener> listener_;
};

}  // namespace smallbiznis::outbox
