// Lanes: posts of one tenant that come while a commit is under way are gathered and go out together with the next one.
// Lanes of different tenants run side by side.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/ledger/post/poster.h"

namespace smallbiznis::ledger {

class Lane;
struct Waiting;

// Thread-safe. Lanes with work share a few threads, a batch at a time; no caller is kept waiting for one.
class Lanes {
 public:
  struct Options {
    size_t waiting_limit = 8192;  // commands of a tenant that may wait; above, LEDGER_BUSY
    size_t batch_limit = 2048;    // commands of a commit; one request may have more
    size_t kept = 256;            // lanes without work that keep what they know of their ledger
    int threads = 16;             // batches at the same time; each takes a connection
  };
  using Results = std::vector<absl::StatusOr<PostedPtr>>;
  using Answered = std::function<void(Results)>;

  // `poster` must outlive this.
  Lanes(const Poster& poster, Options options);
  ~Lanes();

  // A request of at least one command.
  // Answers after the commit, on one of the lanes' threads; or at once on the caller's what is not taken. A result for
  // each command, or for all of them the error of the transaction: UNAVAILABLE with reason COMMIT_UNKNOWN leaves open
  // whether they are posted; the same references tell. LEDGER_BUSY when the lane is full; DEADLINE_EXCEEDED when the
  // work had not begun by `deadline`; UNAVAILABLE after Stop.
  void Post(TenantId tenant, Request request, absl::Time deadline, Answered answered);
  // The same, and waits.
  Results Post(TenantId tenant, Request request, absl::Time deadline);
  absl::StatusOr<PostedPtr> Post(TenantId tenant, Command command, absl::Time deadline);

  // Takes nothing more, and returns when what was taken is answered. Legal twice; the destructor does it.
  void Stop();

 private:
  // Under one lock: what is taken before Stop is worked on.
  absl::Status Take(TenantId tenant, std::unique_ptr<Waiting>& mine);
  std::shared_ptr<Lane> LaneOf(TenantId tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddReady(std::shared_ptr<Lane> lane);
  void Work();
  // Answers those whose deadline passes while they wait.
  void Watch();

  const Poster& poster_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable stop_;  // for Watch
  absl::flat_hash_map<TenantId, std::shared_ptr<Lane>> lanes_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<Lane>> ready_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace smallbiznis::ledger
