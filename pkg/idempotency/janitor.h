// Deletes expired idempotency keys, now and every ten minutes.
#pragma once

#include <atomic>
#include <optional>

#include "absl/time/time.h"
#include "pkg/db/pool.h"
#include "pkg/idempotency/idempotency.h"
#include "pkg/log/logger.h"
#include "pkg/periodic/periodic.h"

namespace smallbiznis::idempotency {

// Owns one thread between Start and Stop. Start and Stop are called by one thread; Stop before Start, and twice, is
// legal. Several processes may sweep at once: each skips the rows that another one holds.
class Janitor {
 public:
  // All must outlive the janitor.
  Janitor(db::Pool& pool, const Idempotency& idempotency, const log::Logger& logger,
          absl::Duration interval = absl::Minutes(10))
      : pool_(pool), idempotency_(idempotency), logger_(logger), interval_(interval) {}
  ~Janitor() { Stop(); }

  void Start();
  // Returns when the batch that is being deleted, if any, is done.
  void Stop();

 private:
  // Deletes in small transactions until nothing has expired or Stop is called. A failure is logged and ends the sweep;
  // the next one tries again.
  void Sweep();

  db::Pool& pool_;
  const Idempotency& idempotency_;
  const log::Logger& logger_;
  const absl::Duration interval_;
  std::atomic<bool> stopping_ = false;
  std::optional<periodic::Periodic> sweeps_;
};

}  // namespace smallbiznis::idempotency
