#include "pkg/snowflake/lease/node_lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <set>
#include <thread>

#include "pkg/clock/clock.h"
#include "pkg/db/tcp_proxy.h"
#include "pkg/db/testing.h"
#include "pkg/snowflake/lease/migrations.h"
#include "pkg/status/status.h"

namespace smallbiznis::snowflake {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);

class NodeLeaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    database_ = std::make_unique<db::TestDatabase>(
        db::Migrations(std::begin(snowflake_lease::kMigrations), std::end(snowflake_lease::kMigrations)));
    pool_ = database_->OpenPool();
  }

  absl::StatusOr<std::unique_ptr<NodeLease>> Acquire(NodeLease::Times times = {}) {
    return NodeLease::Acquire(
        *pool_, [this](const absl::Status& status) { lost_.set_value(status); }, times);
  }

  std::unique_ptr<db::TestDatabase> database_;
  std::unique_ptr<db::Pool> pool_;
  std::promise<absl::Status> lost_;
};

TEST_F(NodeLeaseTest, ConcurrentProcessesGetDifferentNumbers) {
  std::vector<std::unique_ptr<NodeLease>> leases(16);
  std::vector<std::thread> threads;
  for (auto& lease : leases) {
    threads.emplace_back([&] { lease = std::move(*Acquire()); });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<int> nodes;
  for (const auto& lease : leases) nodes.insert(lease->node());
  EXPECT_EQ(nodes.size(), leases.size());
}

TEST_F(NodeLeaseTest, ANumberThatWasGivenBackIsTheLastToBeTakenAgain) {
  const int first = (*Acquire())->node();
  EXPECT_NE((*Acquire())->node(), first);
  database_->Execute("update snowflake.node_leases set holder = null, expires_at = 'infinity' where node <> " +
                     std::to_string(first));
  EXPECT_EQ((*Acquire())->node(), first);
}

TEST_F(NodeLeaseTest, SaysWhenEveryNumberIsTaken) {
  database_->Execute("update snowflake.node_leases set expires_at = 'infinity'");
  const absl::StatusOr<std::unique_ptr<NodeLease>> lease = Acquire();
  EXPECT_EQ(lease.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status::Reason(lease.status()), "NO_FREE_NODE");
}

TEST_F(NodeLeaseTest, RenewsBeforeItRunsOut) {
  const auto lease = *Acquire({.lease = absl::Seconds(60), .renew_every = absl::Milliseconds(20)});
  const std::string query =
      "select expires_at::text from snowflake.node_leases where node = " + std::to_string(lease->node());
  const std::string before = database_->Value(query);
  const absl::Time start = clock::SystemClock().Now();
  while (database_->Value(query) == before && clock::SystemClock().Now() - start < kPatience) {
  }
  EXPECT_NE(database_->Value(query), before);
}

TEST_F(NodeLeaseTest, SaysWhenSomebodyElseHasTheNumber) {
  const auto lease = *Acquire({.lease = absl::Seconds(60), .renew_every = absl::Milliseconds(20)});
  database_->Execute("update snowflake.node_leases set holder = gen_random_uuid() where node = " +
                     std::to_string(lease->node()));
  std::future<absl::Status> lost = lost_.get_future();
  ASSERT_EQ(lost.wait_for(absl::ToChronoSeconds(kPatience)), std::future_status::ready);
  EXPECT_THAT(std::string(lost.get().message()), ::testing::HasSubstr("ran out"));
}

TEST_F(NodeLeaseTest, SaysWhenItCannotBeRenewed) {
  const auto lease = *Acquire(
      {.lease = absl::Seconds(60), .renew_every = absl::Milliseconds(20), .lost_after = absl::Milliseconds(100)});
  database_->Execute("revoke update on snowflake.node_leases from smallbiznis_app");
  std::future<absl::Status> lost = lost_.get_future();
  ASSERT_EQ(lost.wait_for(absl::ToChronoSeconds(kPatience)), std::future_status::ready);
  EXPECT_THAT(std::string(lost.get().message()), ::testing::HasSubstr("cannot be renewed"));
}

TEST_F(NodeLeaseTest, ANumberIsHeldUntilItsLeaseRunsOutOrSomebodyElseHasIt) {
  const auto renewed = *Acquire({.lease = absl::Seconds(60), .renew_every = absl::Milliseconds(20)});
  EXPECT_TRUE(renewed->held());
  database_->Execute("update snowflake.node_leases set holder = gen_random_uuid() where node = " +
                     std::to_string(renewed->node()));
  lost_.get_future().wait();
  EXPECT_FALSE(renewed->held());

  // One whose thread gets no time to renew it.
  const auto neglected = *Acquire({.lease = absl::Seconds(1), .renew_every = absl::Seconds(60)});
  EXPECT_TRUE(neglected->held());
  const absl::Time start = clock::SystemClock().Now();
  while (neglected->held() && clock::SystemClock().Now() - start < kPatience) std::this_thread::yield();
  EXPECT_FALSE(neglected->held());
}

TEST_F(NodeLeaseTest, ADatabaseThatHangsDoesNotKeepItFromNoticing) {
  db::TcpProxy proxy(database_->app().host, database_->app().port);
  db::PoolOptions options = database_->app();
  options.port = proxy.port();
  const clock::SystemClock clock;
  const auto pool = *db::Pool::Open(options, clock, {});
  const auto lease = *NodeLease::Acquire(
      *pool, [this](const absl::Status& status) { lost_.set_value(status); },
      {.lease = absl::Seconds(60), .renew_every = absl::Milliseconds(20), .lost_after = absl::Milliseconds(100)});
  proxy.Freeze();
  EXPECT_EQ(lost_.get_future().wait_for(absl::ToChronoSeconds(kPatience)), std::future_status::ready);
  proxy.Cut();
  proxy.Thaw();
}

}  // namespace
}  // namespace smallbiznis::snowflake
