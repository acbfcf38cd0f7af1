#include "pkg/idempotency/janitor.h"

#include "pkg/status/status.h"

namespace smallbiznis::idempotency {
namespace {

constexpr int kBatch = 1000;

}  // namespace

void Janitor::Start() {
  if (thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = false;
  }
  thread_ = std::thread([this] { Run(); });
}

void Janitor::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Janitor::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Janitor::Run() {
  for (;;) {
    Sweep();
    std::unique_lock lock(mutex_);
    if (stopped_.wait_for(lock, absl::ToChronoNanoseconds(interval_), [this] { return stopping_; })) return;
  }
}

void Janitor::Sweep() {
  int64_t deleted = kBatch;
  while (deleted == kBatch && !stopping()) {
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
