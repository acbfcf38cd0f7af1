// Lanes: posts of one tenant that come while a commit is under way are gathered and go out together with the next one.
// Lanes of different tenants run side by side.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/ledger/post/poster.h"

namespace smallbiznis::ledger {

class Lane;

// Thread-safe. There are no threads of its own: the first caller works for those who come while it does.
class Lanes {
 public:
  struct Options {
    size_t waiting_limit = 8192;  // commands of a tenant that may wait; above, LEDGER_BUSY
    size_t batch_limit = 2048;    // commands of a commit; one request may have more
    size_t kept = 256;            // lanes without work that keep what they know of their ledger
  };
  // `poster` must outlive this.
  Lanes(const Poster& poster, Options options);
  ~Lanes();

  // A request of at least one command.
  // Returns after the commit. A result for each command, or for all of them the error of the transaction:
  // UNAVAILABLE with reason COMMIT_UNKNOWN leaves open whether they are posted; the same references tell. LEDGER_BUSY
  // when the lane is full; DEADLINE_EXCEEDED when the work had not begun by `deadline`.
  std::vector<absl::StatusOr<PostedPtr>> Post(TenantId tenant, Request request, absl::Time deadline);
  absl::StatusOr<PostedPtr> Post(TenantId tenant, Command command, absl::Time deadline);

 private:
  std::shared_ptr<Lane> LaneOf(TenantId tenant);

  const Poster& poster_;
  const Options options_;
  std::mutex mutex_;
  absl::flat_hash_map<TenantId, std::shared_ptr<Lane>> lanes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::ledger
