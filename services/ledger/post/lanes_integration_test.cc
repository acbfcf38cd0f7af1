// Callers at the same time: in one process, and in two on one database.
#include "services/ledger/post/lanes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "pkg/db/tcp_proxy.h"
#include "pkg/status/status.h"
#include "services/ledger/post/testing.h"

namespace smallbiznis::ledger {
namespace {

class LanesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ledgers_ = new LedgerDatabase(); }
  static void TearDownTestSuite() { delete ledgers_; }

  LanesTest() { EXPECT_TRUE(here_.keys.EnsureOne(*here_.pool).ok()); }
  ~LanesTest() override {
    const absl::StatusOr<Verdict> verdict = here_.verifier.Verify(tenant_, {}, kNoDeadline);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    if (verdict.ok() && verdict->finding)
      ADD_FAILURE() << verdict->finding->entry_id << ": " << verdict->finding->problem;
  }

  std::string Of(std::string_view what, std::string_view table) const {
    return ledgers_->Value(fmt::format("select {} from ledger.{} where tenant_id = {}", what, table, tenant_.value()));
  }
  static std::string ReasonOf(const absl::StatusOr<PostedPtr>& result) { return status::Reason(result.status()); }

  // The lock of the tenant's chain, from here to the end of what is returned.
  std::unique_ptr<db::Tx> LockChain() {
    static constexpr db::Statement kLock{"test.lock_chain",
                                         "select version from ledger.chains where tenant_id = $1 for update", 1};
    auto tx = here_.pool->Begin({.scope = db::Scope::Tenant(tenant_)});
    EXPECT_TRUE(tx.ok() && (*tx)->Query(kLock, {tenant_}).ok());
    return *std::move(tx);
  }
  static void WaitForABlockedPost() {
    while (ledgers_->Value("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and "
                           "datname = current_database()") == "0") {
    }
  }
  // Probes without posting: a request that waits too long before it begins leaves the queue again.
  absl::StatusOr<PostedPtr> Probe(Process& process) {
    return process.lanes.Post(tenant_, Command{.actor = "probe", .action = Give("probe", 1)}, absl::InfinitePast());
  }

  static inline LedgerDatabase* ledgers_ = nullptr;
  static inline int64_t tenants_ = 0;
  const clock::SystemClock clock_;
  const TenantId tenant_ = ledgers_->AddTenant(++tenants_);
  Process here_{ledgers_->OpenPool(), clock_};
  Process there_{ledgers_->OpenPool(), clock_};
};

TEST_F(LanesTest, TwoProcessesNumberTheEntriesWithoutGaps) {
  std::vector<std::future<std::vector<int64_t>>> callers;
  for (int i = 0; i < 16; ++i) {
    callers.push_back(std::async(std::launch::async, [this, i] {
      std::vector<int64_t> ids;
      for (int k = 0; k < 25; ++k) {
        const auto posted = (i % 2 == 0 ? here_ : there_).Post(tenant_, Give(fmt::format("m{}", k % 3), 1));
        if (posted.ok()) ids.push_back((*posted)->entry.entry_id);
      }
      return ids;
    }));
  }
  std::set<int64_t> ids;
  for (auto& caller : callers) {
    for (const int64_t id : caller.get()) ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 400u);
  EXPECT_EQ(*ids.begin(), 1);
  EXPECT_EQ(*ids.rbegin(), 400);
}

TEST_F(LanesTest, WhatAnotherProcessHasPostedIsSeen) {
  ASSERT_TRUE(here_.Post(tenant_, Give("ann", 10)).ok());
  const auto spent = there_.Post(tenant_, Spend("ann", 7));
  ASSERT_TRUE(spent.ok()) << spent.status();
  EXPECT_EQ(ReasonOf(here_.Post(tenant_, Spend("ann", 4))), "LEDGER_INSUFFICIENT_BALANCE");
  ASSERT_TRUE(there_.Post(tenant_, SetFloor{.account = ledger::Of("ann"), .floor = 2}).ok());
  EXPECT_EQ(ReasonOf(here_.Post(tenant_, Spend("ann", 2))), "LEDGER_INSUFFICIENT_BALANCE");
  ASSERT_TRUE(there_.Post(tenant_, Close{.account = ledger::Of("ann"), .forfeit = true}).ok());
  EXPECT_EQ(ReasonOf(here_.Post(tenant_, Give("ann", 1))), "LEDGER_ACCOUNT_CLOSED");
}

TEST_F(LanesTest, AUnitIsKnownAsSoonAsItsMakerHasMovedTheVersion) {
  ASSERT_TRUE(here_.Post(tenant_, Give("ann", 1)).ok());
  EXPECT_EQ(ReasonOf(here_.Post(tenant_, Credit{.account = {"STAMP", "ann"}, .amount = 1})), "LEDGER_UNIT_UNKNOWN");
  ledgers_->Execute(
      fmt::format("insert into ledger.units (tenant_id, unit, created_at) values ({0}, 'STAMP', now()); "
                  "update ledger.chains set version = version + 1 where tenant_id = {0}",
                  tenant_.value()));
  EXPECT_TRUE(here_.Post(tenant_, Credit{.account = {"STAMP", "ann"}, .amount = 1}).ok());
}

TEST_F(LanesTest, OneReferenceThatTwoProcessesPostIsOneEntry) {
  for (int k = 0; k < 40; ++k) {
    const std::string reference = fmt::format("r{}", k);
    auto other = std::async(std::launch::async, [&] { return there_.Post(tenant_, Give("ann", 3, reference)); });
    const auto mine = here_.Post(tenant_, Give("ann", 3, reference));
    const auto theirs = other.get();
    ASSERT_TRUE(mine.ok() && theirs.ok()) << mine.status() << theirs.status();
    ASSERT_EQ((*mine)->entry.entry_id, (*theirs)->entry.entry_id);
    ASSERT_EQ((*mine)->hash, (*theirs)->hash);
  }
  EXPECT_EQ(Of("count(*)", "entries"), "40");
}

TEST_F(LanesTest, WhoWaitsGoesOutTogetherAndWhoComesAboveTheLimitIsRefused) {
  ASSERT_TRUE(here_.Post(tenant_, Give("ann", 1)).ok());
  Process busy(ledgers_->OpenPool(), clock_, {.waiting_limit = 7});
  std::unique_ptr<db::Tx> lock = LockChain();
  auto leader = std::async(std::launch::async, [&] { return busy.Post(tenant_, Give("ann", 1)); });
  WaitForABlockedPost();
  std::vector<std::future<absl::StatusOr<PostedPtr>>> callers;
  for (int i = 0; i < 7; ++i) {
    callers.push_back(std::async(std::launch::async, [&] {
      absl::StatusOr<PostedPtr> posted = busy.Post(tenant_, Give("ann", 1));
      while (ReasonOf(posted) == "LEDGER_BUSY") posted = busy.Post(tenant_, Give("ann", 1));  // the probe was there
      return posted;
    }));
  }
  absl::StatusOr<PostedPtr> probe = Probe(busy);
  while (probe.status().code() == absl::StatusCode::kDeadlineExceeded) probe = Probe(busy);
  EXPECT_EQ(ReasonOf(probe), "LEDGER_BUSY");
  EXPECT_EQ(probe.status().code(), absl::StatusCode::kResourceExhausted);
  lock.reset();
  EXPECT_TRUE(leader.get().ok());
  for (auto& caller : callers) EXPECT_TRUE(caller.get().ok());
  // One commit before, the leader's, and one for the seven that had waited. No probe was posted.
  EXPECT_EQ(Of("version", "chains"), "3");
  EXPECT_EQ(Of("size", "chains"), "9");
}

TEST_F(LanesTest, ARequestThatCannotBeginInTimeIsNotPosted) {
  ASSERT_TRUE(here_.Post(tenant_, Give("ann", 1)).ok());
  std::unique_ptr<db::Tx> lock = LockChain();
  auto leader = std::async(std::launch::async, [&] { return there_.Post(tenant_, Give("ann", 1)); });
  WaitForABlockedPost();
  EXPECT_EQ(Probe(there_).status().code(), absl::StatusCode::kDeadlineExceeded);
  lock.reset();
  EXPECT_TRUE(leader.get().ok());
  EXPECT_EQ(Of("count(*)", "entries"), "2");
  EXPECT_EQ(Of("count(*) filter (where destination = 'member:probe')", "entries"), "0");
}

TEST_F(LanesTest, ACommitWhoseAnswerIsLostLeavesNothingHalfDone) {
  db::PoolOptions options = ledgers_->database().app();
  db::TcpProxy proxy(options.host, options.port);
  options.port = proxy.port();
  auto pool = db::Pool::Open(options, clock_, {});
  ASSERT_TRUE(pool.ok()) << pool.status();
  Process proxied(*std::move(pool), clock_);
  ASSERT_TRUE(proxied.Post(tenant_, Give("ann", 10, "a")).ok());
  proxy.CutOnAnswerTo("db.commit");
  const auto unknown = proxied.Post(tenant_, Spend("ann", 4, "b"));
  EXPECT_EQ(ReasonOf(unknown), "COMMIT_UNKNOWN");
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kUnavailable);
  // The same reference tells, and nothing that was kept of the ledger is believed.
  const auto again = proxied.Post(tenant_, Spend("ann", 4, "b"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->entry.entry_id, 2);
  EXPECT_EQ((*again)->entry.source_balance, 6);
  EXPECT_EQ(ReasonOf(proxied.Post(tenant_, Spend("ann", 7))), "LEDGER_INSUFFICIENT_BALANCE");
  EXPECT_EQ(Of("count(*)", "entries"), "2");
}

TEST_F(LanesTest, LanesOfDifferentTenantsDoNotWaitForEachOther) {
  ASSERT_TRUE(here_.Post(tenant_, Give("ann", 1)).ok());
  const TenantId other = ledgers_->AddTenant(++tenants_);
  const std::unique_ptr<db::Tx> lock = LockChain();
  EXPECT_TRUE(here_.Post(other, Give("ann", 1)).ok());
}

TEST_F(LanesTest, WhoWaitsIsToldAtItsDeadlineAndHoldsNoThread) {
  ASSERT_TRUE(here_.Post(tenant_, Give("ann", 1)).ok());
  std::unique_ptr<db::Tx> lock = LockChain();
  auto leader = std::async(std::launch::async, [&] { return there_.Post(tenant_, Give("ann", 1)); });
  WaitForABlockedPost();
  std::promise<absl::Status> late, kept;
  const auto post = [&](absl::Time deadline, std::promise<absl::Status>& answer) {
    Request request;
    request.commands.push_back({.actor = "a", .action = Give("bob", 1)});
    there_.lanes.Post(tenant_, std::move(request), deadline,
                      [&answer](const Lanes::Results& results) { answer.set_value(results.front().status()); });
  };
  post(kNoDeadline, kept);
  post(clock_.Now() + absl::Milliseconds(20), late);
  EXPECT_EQ(late.get_future().get().code(), absl::StatusCode::kDeadlineExceeded);
  lock.reset();
  EXPECT_TRUE(leader.get().ok());
  EXPECT_TRUE(kept.get_future().get().ok());
  EXPECT_EQ(Of("count(*)", "entries"), "3");
}

TEST_F(LanesTest, StoppingEndsWhatWasTakenAndRefusesTheRest) {
  ASSERT_TRUE(here_.Post(tenant_, Give("ann", 1)).ok());
  std::unique_ptr<db::Tx> lock = LockChain();
  std::atomic<int> posted = 0;
  for (int i = 0; i < 20; ++i) {
    Request request;
    request.commands.push_back({.actor = "a", .action = Give("bob", 1)});
    there_.lanes.Post(tenant_, std::move(request), kNoDeadline,
                      [&](const Lanes::Results& results) { posted += results.front().ok() ? 1 : 0; });
  }
  WaitForABlockedPost();
  std::thread stop([&] { there_.lanes.Stop(); });
  absl::StatusOr<PostedPtr> refused = Probe(there_);
  while (ReasonOf(refused) != "DRAINING") refused = Probe(there_);
  EXPECT_EQ(posted, 0);
  lock.reset();
  stop.join();
  EXPECT_EQ(posted, 20);
  EXPECT_EQ(Of("count(*)", "entries"), "21");
}

}  // namespace
}  // namespace smallbiznis::ledger
