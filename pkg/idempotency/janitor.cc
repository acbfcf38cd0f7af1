#include "pkg/idempotency/janitor.h"

#include "pkg/status/status.h"

namespace smallbiznis::idempotency {
namespace {

constexpr int kBatch = 1000;

}  // namespace

void Janitor::Start() {
  if (sweeps_) return;
  stopping_ = false;
  sweeps_.emplace([this] {
    Sweep();
    return interval_;
  });
}

void Janitor::Stop() {
  stopping_ = true;
  sweeps_.reset();
}

void Janitor::Sweep() {
  int64_t deleted = kBatch;
  while (deleted == kBatch && !stopping_) {
    const absl::Status status = db::Transact(pool_, {.scope = db::Scope::Platform()}, [&](db::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(deleted, idempotency_.DeleteExpired(tx, kBatch));
      return absl::OkStatus();
    });
    if (status.ok()) continue;
    logger_.Warn("expired idempotency keys were not deleted", {{"error", status.message()}});
    return;
  }
}

}  // namespace smallbiznis::idempotency
