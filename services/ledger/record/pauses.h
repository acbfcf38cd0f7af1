// The ledger's own time: it stands still while the tenant is suspended, so that nothing of its members expires then.
//
// What must come due after some time of the tenant's being active is kept in own time, which no suspension changes. An
// entry keeps the world's time, as its caller gave it.
#pragma once

#include <vector>

#include "absl/time/time.h"

namespace smallbiznis::ledger {

// A time in which the tenant was suspended: [begin, end).
struct Pause {
  absl::Time begin;
  absl::Time end = absl::InfiniteFuture();  // it still is

  friend bool operator==(const Pause&, const Pause&) = default;
};

// A value; copies are cheap: tenants are rarely suspended.
class Pauses {
 public:
  Pauses() = default;
  // In their order, none within another; only the last one may still last.
  explicit Pauses(std::vector<Pause> pauses) : pauses_(std::move(pauses)) {}

  const std::vector<Pause>& all() const { return pauses_; }
  bool lasts() const { return !pauses_.empty() && pauses_.back().end == absl::InfiniteFuture(); }

  // The own time at a time of the world: never later, and it never goes back.
  absl::Time OwnTime(absl::Time at) const;
  // In own time when something comes due that was promised at `made` for `due`, as if there were no more pauses.
  // InfiniteFuture stays so.
  absl::Time OwnDue(absl::Time due, absl::Time made) const;
  // When the world comes to an own time, as far as is known by `now`: as if no pause lasted longer, and none came.
  absl::Time WorldTime(absl::Time own, absl::Time now) const;

 private:
  std::vector<Pause> pauses_;
};

}  // namespace smallbiznis::ledger
