#include "pkg/snowflake/lease/node_lease.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "pkg/clock/clock.h"
#include "pkg/snowflake/lease/queries.h"
#include "pkg/status/status.h"

namespace smallbiznis::snowflake {
namespace sql = snowflake_lease::sql;

namespace {

// A database that does not answer must not keep the lease's thread from noticing, nor the program from ending.
constexpr absl::Duration kAnswerTimeout = absl::Seconds(5);

int64_t Seconds(absl::Duration duration) {
  return absl::ToInt64Seconds(duration);
}

db::TxOptions InTime() {
  return {.deadline = clock::SystemClock().Now() + kAnswerTimeout};
}

}  // namespace

absl::StatusOr<std::unique_ptr<NodeLease>> NodeLease::Acquire(db::Pool& pool,
                                                              std::function<void(const absl::Status&)> on_lost,
                                                              Times times) {
  int node = -1;
  std::string holder;
  SteadyTime asked_at;
  RETURN_IF_ERROR(db::Transact(pool, InTime(), [&](db::Tx& tx) -> absl::Status {
    asked_at = SteadyTime::clock::now();
    ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kAcquireNode, {Seconds(times.lease)}));
    if (rows.empty()) {
      return status::Error(absl::StatusCode::kResourceExhausted, "NO_FREE_NODE",
                           "every node number of snowflake.node_leases is taken");
    }
    node = rows[0].Int32(0);
    holder = rows[0].Text(1);
    return absl::OkStatus();
  }));
  return std::unique_ptr<NodeLease>(new NodeLease(pool, std::move(on_lost), times, node, std::move(holder), asked_at));
}

NodeLease::NodeLease(db::Pool& pool, std::function<void(const absl::Status&)> on_lost, Times times, int node,
                     std::string holder, SteadyTime asked_at)
    : pool_(pool),
      on_lost_(std::move(on_lost)),
      times_(times),
      node_(node),
      holder_(std::move(holder)),
      held_until_(asked_at + absl::ToChronoNanoseconds(times.lease)),
      thread_([this] { Run(); }) {}

NodeLease::~NodeLease() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  thread_.join();
  // A number that cannot be given back is free again when its lease runs out.
  db::Transact(pool_, InTime(), [&](db::Tx& tx) {
    tx.Defer(sql::kReleaseNode, {node_, holder_});
    return absl::OkStatus();
  }).IgnoreError();
}

absl::StatusOr<bool> NodeLease::Renew() {
  bool renewed = false;
  RETURN_IF_ERROR(db::Transact(pool_, InTime(), [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kRenewNode, {node_, holder_, Seconds(times_.lease)}));
    renewed = !rows.empty();
    return absl::OkStatus();
  }));
  return renewed;
}

void NodeLease::Run() {
  // Measured from before each renewal is sent: the database counts from later.
  SteadyTime renewed_at = SteadyTime::clock::now();
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, absl::ToChronoNanoseconds(times_.renew_every), [&] { return stopping_; })) {
    lock.unlock();
    const SteadyTime asked_at = SteadyTime::clock::now();
    const absl::StatusOr<bool> renewed = Renew();
    if (renewed.ok() && *renewed) {
      renewed_at = asked_at;
      held_until_ = asked_at + absl::ToChronoNanoseconds(times_.lease);
    } else if (renewed.ok()) {
      held_until_ = SteadyTime();
      return on_lost_(absl::UnavailableError(fmt::format("the lease of node number {} ran out", node_)));
    } else if (SteadyTime::clock::now() - renewed_at > absl::ToChronoNanoseconds(times_.lost_after)) {
      return on_lost_(absl::UnavailableError(fmt::format("the lease of node number {} cannot be renewed: {}", node_,
                                                         std::string(renewed.status().message()))));
    }
    lock.lock();
  }
}

}  // namespace smallbiznis::snowflake
