// A bounded pool of PostgreSQL connections. Statements are prepared on a connection when it first runs them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/db/tx.h"

namespace smallbiznis::db {

struct PoolOptions {
  std::string host;  // a name, an address, or the folder of a Unix socket
  int port = 5432;
  std::string user;
  std::string password;
  std::string dbname;
  std::string sslmode = "prefer";
  std::string application_name;
  int max_open = 16;
  int max_idle = 16;
  absl::Duration max_lifetime = absl::Minutes(30);
  absl::Duration max_idle_time = absl::Minutes(5);
};

struct PoolStats {
  int open = 0;
  int idle = 0;
  int waiting = 0;  // callers that wait for a connection
};

// Thread-safe. Must outlive its transactions.
class Pool {
 public:
  virtual ~Pool() = default;

  // Connects once. A server that refuses connections is tried for `refused_for`, one that says that it is starting up
  // for `starting_for`, of which `progress` gets a line now and then. UNAVAILABLE with host, port and the server's own
  // words; CANCELLED when `pause` said so.
  struct OpenWait {
    absl::Duration refused_for = absl::Seconds(3);
    absl::Duration starting_for = absl::Seconds(60);
    std::function<void(std::string_view)> progress;
    // Waits between two tries; answers true to give up before the time.
    std::function<bool(absl::Duration)> pause;
  };
  static absl::StatusOr<std::unique_ptr<Pool>> Open(PoolOptions options, const clock::Clock& clock, OpenWait wait);

  // RESOURCE_EXHAUSTED, reason DATABASE_BUSY, when no connection gets free before the deadline.
  virtual absl::StatusOr<std::unique_ptr<Tx>> Begin(const TxOptions& options) = 0;

  // `select 1` within `timeout`: for /readyz.
  virtual absl::Status Ping(absl::Duration timeout) = 0;
  virtual PoolStats stats() const = 0;
};

// Runs `work` in a transaction and commits it; on a serialization failure or deadlock runs it again, at most three
// times in all, with jittered pauses.
absl::Status Transact(Pool& pool, const TxOptions& options, const std::function<absl::Status(Tx&)>& work);

}  // namespace smallbiznis::db
