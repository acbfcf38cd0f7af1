#include <random>
#include <thread>

#include "pkg/db/error.h"
#include "pkg/db/pool.h"
#include "pkg/status/status.h"

namespace smallbiznis::db {
namespace {

constexpr int kAttempts = 3;

// Two that collided must not collide again: each waits for a time of its own.
void Pause(int attempt) {
  thread_local std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<int> microseconds(1000, 10000 << attempt);
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
}

absl::Status RunOnce(Pool& pool, const TxOptions& options, const std::function<absl::Status(Tx&)>& work) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Tx> tx, pool.Begin(options));
  RETURN_IF_ERROR(work(*tx));
  return tx->Commit();
}

}  // namespace

absl::Status Transact(Pool& pool, const TxOptions& options, const std::function<absl::Status(Tx&)>& work) {
  for (int attempt = 1;; ++attempt) {
    absl::Status result = RunOnce(pool, options, work);
    if (attempt == kAttempts || !IsRetryable(result)) return result;
    Pause(attempt);
  }
}

}  // namespace smallbiznis::db
