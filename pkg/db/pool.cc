#include "pkg/db/pool.h"

#include <fmt/format.h>

#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "pkg/db/connect.h"
#include "pkg/db/connection.h"
#include "pkg/db/error.h"
#include "pkg/db/pipeline_tx.h"
#include "pkg/db/queries.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::db {
namespace {

// A server that cannot be reached is not waited for longer than this, whatever the caller's deadline.
constexpr absl::Duration kConnectTimeout = absl::Seconds(5);

class PoolImpl final : public Pool {
 public:
  PoolImpl(PoolOptions options, const clock::Clock& clock) : options_(std::move(options)), clock_(clock) {}
  ~PoolImpl() override = default;

  absl::StatusOr<std::unique_ptr<Tx>> Begin(const TxOptions& options) override {
    const absl::Duration left = options.deadline - clock_.Now();
    if (left <= absl::ZeroDuration())
      return MakeError("57014", "", "the deadline had passed before the database was asked");
    const Deadline deadline = After(left);
    ASSIGN_OR_RETURN(std::unique_ptr<Loan> loan, Borrow(deadline));
    return std::make_unique<PipelineTx>(std::move(loan), options, deadline);
  }

  absl::Status Ping(absl::Duration timeout) override {
    const TxOptions options{.read_only = true, .deadline = clock_.Now() + timeout};
    ASSIGN_OR_RETURN(const std::unique_ptr<Tx> tx, Begin(options));
    RETURN_IF_ERROR(tx->Query(sql::kPing, {}).status());
    return tx->Commit();
  }

  PoolStats stats() const override {
    const std::lock_guard lock(mutex_);
    return {open_, static_cast<int>(idle_.size()), static_cast<int>(waiters_.size())};
  }

  // Connects for the first time, with the patience that a server still starting deserves.
  absl::Status ConnectFirst(const OpenWait& wait);

 private:
  struct Pooled {
    std::unique_ptr<Connection> connection;
    absl::Time opened;
    absl::Time released;
  };
  // Gets a connection, or leave to open one (`pooled` empty), handed over by whoever gave its own back.
  struct Waiter {
    std::condition_variable ready;
    bool served = false;
    std::unique_ptr<Pooled> pooled;
  };
  class LoanImpl;

  absl::StatusOr<std::unique_ptr<Loan>> Borrow(Deadline deadline);
  // A connection, or leave to open one; an error when the deadline passes first.
  absl::StatusOr<std::unique_ptr<Pooled>> Acquire(Deadline deadline);
  absl::StatusOr<std::unique_ptr<Pooled>> Open(Deadline deadline);
  void GiveBack(std::unique_ptr<Pooled> pooled);
  // The place of a connection that is gone goes to the first who waits.
  void FreePlace() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Serve(std::unique_ptr<Pooled> pooled) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes out of idle_ those that are too old, to be closed by the caller without the lock.
  std::vector<std::unique_ptr<Pooled>> TakeExpired() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const PoolOptions options_;
  const clock::Clock& clock_;
  Canceller canceller_;  // before the connections that use it
  mutable std::mutex mutex_;
  int open_ ABSL_GUARDED_BY(mutex_) = 0;                               // connections that exist or are being opened
  std::vector<std::unique_ptr<Pooled>> idle_ ABSL_GUARDED_BY(mutex_);  // the one used last is at the end
  std::list<Waiter*> waiters_ ABSL_GUARDED_BY(mutex_);                 // served in order of arrival
};

class PoolImpl::LoanImpl final : public Loan {
 public:
  LoanImpl(PoolImpl& pool, std::unique_ptr<Pooled> pooled, bool reused)
      : pool_(pool), pooled_(std::move(pooled)), reused_(reused) {}
  ~LoanImpl() override { pool_.GiveBack(std::move(pooled_)); }

  Connection& connection() override { return *pooled_->connection; }
  bool reused() const override { return reused_; }

  absl::Status Reconnect(Deadline deadline) override {
    ASSIGN_OR_RETURN(pooled_, pool_.Open(deadline));
    reused_ = false;
    return absl::OkStatus();
  }

 private:
  PoolImpl& pool_;
  std::unique_ptr<Pooled> pooled_;
  bool reused_;
};

absl::StatusOr<std::unique_ptr<Loan>> PoolImpl::Borrow(Deadline deadline) {
  ASSIGN_OR_RETURN(std::unique_ptr<Pooled> pooled, Acquire(deadline));
  if (pooled && pooled->connection->Usable()) return std::make_unique<LoanImpl>(*this, std::move(pooled), true);
  pooled.reset();  // the server has closed it; its place goes to the one that takes over
  absl::StatusOr<std::unique_ptr<Pooled>> opened = Open(deadline);
  if (opened.ok()) return std::make_unique<LoanImpl>(*this, *std::move(opened), false);
  const std::lock_guard lock(mutex_);
  FreePlace();
  return opened.status();
}

absl::StatusOr<std::unique_ptr<PoolImpl::Pooled>> PoolImpl::Acquire(Deadline deadline) {
  std::vector<std::unique_ptr<Pooled>> expired;  // closed after the lock is gone
  std::unique_lock lock(mutex_);
  expired = TakeExpired();
  if (!idle_.empty()) {
    std::unique_ptr<Pooled> pooled = std::move(idle_.back());
    idle_.pop_back();
    return pooled;
  }
  if (open_ < options_.max_open) {
    ++open_;
    return nullptr;
  }
  Waiter waiter;
  const auto place = waiters_.insert(waiters_.end(), &waiter);
  const auto served = [&waiter] { return waiter.served; };
  if (deadline == Deadline::max()) {
    waiter.ready.wait(lock, served);
  } else if (!waiter.ready.wait_until(lock, deadline, served)) {
    waiters_.erase(place);
    return status::Error(absl::StatusCode::kResourceExhausted, "DATABASE_BUSY",
                         "no database connection got free in time");
  }
  return std::move(waiter.pooled);
}

absl::StatusOr<std::unique_ptr<PoolImpl::Pooled>> PoolImpl::Open(Deadline deadline) {
  ASSIGN_OR_RETURN(ConnectionHandle handle, Connect(options_, std::min(deadline, After(kConnectTimeout))));
  return std::make_unique<Pooled>(
      Pooled{std::make_unique<Connection>(std::move(handle), canceller_), clock_.Now(), clock_.Now()});
}

void PoolImpl::GiveBack(std::unique_ptr<Pooled> pooled) {
  const absl::Time now = clock_.Now();
  const bool keep = pooled && now - pooled->opened < options_.max_lifetime && pooled->connection->Usable();
  std::unique_ptr<Pooled> surplus;  // closed after the lock is gone
  const std::lock_guard lock(mutex_);
  if (!keep) {
    surplus = std::move(pooled);
    return FreePlace();
  }
  pooled->released = now;
  if (!waiters_.empty()) return Serve(std::move(pooled));
  if (static_cast<int>(idle_.size()) < options_.max_idle) {
    idle_.push_back(std::move(pooled));
  } else {
    surplus = std::move(pooled);
    FreePlace();
  }
}

void PoolImpl::FreePlace() {
  if (waiters_.empty()) {
    --open_;
  } else {
    Serve(nullptr);
  }
}

void PoolImpl::Serve(std::unique_ptr<Pooled> pooled) {
  Waiter& waiter = *waiters_.front();
  waiters_.pop_front();
  waiter.pooled = std::move(pooled);
  waiter.served = true;
  waiter.ready.notify_one();
}

std::vector<std::unique_ptr<PoolImpl::Pooled>> PoolImpl::TakeExpired() {
  const absl::Time now = clock_.Now();
  std::vector<std::unique_ptr<Pooled>> expired;
  std::erase_if(idle_, [&](std::unique_ptr<Pooled>& pooled) {
    const bool old = now - pooled->opened >= options_.max_lifetime || now - pooled->released >= options_.max_idle_time;
    if (old) expired.push_back(std::move(pooled));
    return old;
  });
  open_ -= static_cast<int>(expired.size());
  return expired;
}

absl::Status PoolImpl::ConnectFirst(const OpenWait& wait) {
  const Deadline refused_until = After(wait.refused_for);
  const Deadline starting_until = After(wait.starting_for);
  for (int attempt = 0;; ++attempt) {
    const Deadline attempt_until = std::max(refused_until, After(absl::Seconds(1)));
    absl::StatusOr<std::unique_ptr<Pooled>> opened = Open(attempt_until);
    if (opened.ok()) {
      const std::lock_guard lock(mutex_);
      ++open_;
      idle_.push_back(*std::move(opened));
      return absl::OkStatus();
    }
    const std::string sqlstate = SqlState(opened.status());
    const bool starting = sqlstate == "57P03";
    const Deadline until = starting ? starting_until : sqlstate == "08001" ? refused_until : Deadline();
    constexpr absl::Duration kBetweenTries = absl::Milliseconds(100);
    if (After(kBetweenTries) > until) return opened.status();
    if (starting && wait.progress && attempt % 50 == 0) {
      wait.progress(fmt::format("waiting for the database: {}", text::ToStd(opened.status().message())));
    }
    if (!wait.pause) {
      std::this_thread::sleep_for(absl::ToChronoNanoseconds(kBetweenTries));
    } else if (wait.pause(kBetweenTries)) {
      return absl::CancelledError("stopped while waiting for the database");
    }
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Pool>> Pool::Open(PoolOptions options, const clock::Clock& clock, OpenWait wait) {
  auto pool = std::make_unique<PoolImpl>(std::move(options), clock);
  RETURN_IF_ERROR(pool->ConnectFirst(wait));
  return pool;
}

}  // namespace smallbiznis::db
