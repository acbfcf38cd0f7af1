#include "services/ledger/record/pauses.h"

#include <algorithm>

namespace smallbiznis::ledger {

absl::Time Pauses::OwnTime(absl::Time at) const {
  absl::Time own = at;
  for (const Pause& pause : pauses_) {
    if (at > pause.begin) own -= std::min(at, pause.end) - pause.begin;
  }
  return own;
}

absl::Time Pauses::OwnDue(absl::Time due, absl::Time made) const {
  return due == absl::InfiniteFuture() ? due : OwnTime(made) + (due - made);
}

absl::Time Pauses::WorldTime(absl::Time own, absl::Time now) const {
  if (own == absl::InfiniteFuture()) return own;
  absl::Time world = own;
  for (const Pause& pause : pauses_) {
    if (world > pause.begin) world += std::max(std::min(now, pause.end) - pause.begin, absl::ZeroDuration());
  }
  return world;
}

}  // namespace smallbiznis::ledger
