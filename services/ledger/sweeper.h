// Closes what has expired, lots and holds of all tenants, also where nobody posts.
#pragma once

#include <functional>
#include <memory>

#include "pkg/clock/clock.h"
#include "pkg/db/pool.h"
#include "pkg/log/logger.h"
#include "pkg/periodic/periodic.h"
#include "services/ledger/post/lanes.h"
#include "services/ledger/read_store.h"

namespace smallbiznis::ledger {

// Goes through everything that is due, again and again. Several processes may do so: closing twice changes nothing. The
// ledger of a suspended tenant is left alone: its members' time stands still.
class Sweeper {
 public:
  // All must outlive this.
  Sweeper(db::Pool& pool, Lanes& lanes, const clock::Clock& clock, const log::Logger& logger)
      : pool_(pool), lanes_(lanes), clock_(clock), logger_(logger) {}

  void Start();
  void Stop() { periodic_.reset(); }

  // One round; the number of accounts that were looked at. For Start, and for who wants it now.
  absl::StatusOr<int64_t> Sweep() const;

 private:
  using List = std::function<absl::StatusOr<std::vector<ReadStore::Due>>(db::Tx&, const ReadStore::Due& after)>;
  using IsDue = std::function<bool(const ReadStore::Due&)>;
  absl::StatusOr<int64_t> Sweep(const IsDue& is_due, const List& list) const;
  void Settle(const std::vector<ReadStore::Due>& due) const;

  db::Pool& pool_;
  Lanes& lanes_;
  const clock::Clock& clock_;
  const log::Logger& logger_;
  ReadStore store_;
  std::unique_ptr<periodic::Periodic> periodic_;
};

}  // namespace smallbiznis::ledger
