// The pool: opening, waiting, replacing what has died.
#include "pkg/db/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "pkg/db/error.h"
#include "pkg/db/tcp_proxy.h"
#include "pkg/db/testing.h"
#include "pkg/status/status.h"

namespace smallbiznis::db {
namespace {

using std::chrono::steady_clock;
using testing::HasSubstr;

constexpr Statement kBackend{"test.backend", "select pg_backend_pid()", 0};
constexpr Statement kSleep{"test.sleep", "select pg_sleep(30)", 0};

class PoolTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { database_ = new TestDatabase({}); }
  static void TearDownTestSuite() { delete database_; }

  static std::unique_ptr<Pool> Open(const PoolOptions& options) {
    absl::StatusOr<std::unique_ptr<Pool>> pool = Pool::Open(options, clock_, {});
    EXPECT_TRUE(pool.ok()) << pool.status();
    return pool.ok() ? *std::move(pool) : nullptr;
  }

  static std::unique_ptr<Tx> Begin(Pool& pool, absl::Duration timeout = absl::Seconds(20)) {
    absl::StatusOr<std::unique_ptr<Tx>> tx = pool.Begin({.deadline = clock_.Now() + timeout});
    EXPECT_TRUE(tx.ok()) << tx.status();
    return tx.ok() ? *std::move(tx) : nullptr;
  }

  // The server process that serves a transaction, which is committed.
  static int32_t Backend(Pool& pool) {
    int32_t pid = 0;
    const absl::Status status = Transact(pool, {}, [&](Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const Rows rows, tx.Query(kBackend, {}));
      pid = rows[0].Int32(0);
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return pid;
  }

  static void WaitUntil(const std::function<bool()>& condition) {
    const auto end = steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      ASSERT_LT(steady_clock::now(), end) << "the condition did not come true";
      std::this_thread::yield();
    }
  }

  static void Terminate(int32_t pid) {
    database_->Execute("select pg_terminate_backend(" + std::to_string(pid) + ", 10000)");
  }

  static inline TestDatabase* database_ = nullptr;
  static inline clock::SystemClock clock_;
};

TEST_F(PoolTest, AConnectionIsUsedAgain) {
  const std::unique_ptr<Pool> pool = Open(database_->app());
  const int32_t first = Backend(*pool);
  EXPECT_EQ(Backend(*pool), first);
  EXPECT_EQ(pool->stats().open, 1);
  EXPECT_EQ(pool->stats().idle, 1);
}

TEST_F(PoolTest, OpensNoMoreThanItMay) {
  PoolOptions options = database_->app();
  options.max_open = 2;
  const std::unique_ptr<Pool> pool = Open(options);
  std::unique_ptr<Tx> first = Begin(*pool), second = Begin(*pool);
  EXPECT_EQ(pool->stats().open, 2);
  const absl::Status busy = pool->Begin({.deadline = clock_.Now() + absl::Milliseconds(50)}).status();
  EXPECT_EQ(busy.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status::Reason(busy), "DATABASE_BUSY");
  first.reset();
  EXPECT_TRUE(Begin(*pool));
}

TEST_F(PoolTest, ServesThoseWhoWaitInOrder) {
  PoolOptions options = database_->app();
  options.max_open = 1;
  const std::unique_ptr<Pool> pool = Open(options);
  std::unique_ptr<Tx> held = Begin(*pool);
  std::mutex mutex;
  std::vector<int> order;
  std::vector<std::thread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&, i] {
      const std::unique_ptr<Tx> tx = Begin(*pool);
      const std::lock_guard lock(mutex);
      order.push_back(i);
    });
    WaitUntil([&] { return pool->stats().waiting == i + 1; });
  }
  held.reset();
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(pool->stats().open, 1);
}

TEST_F(PoolTest, KeepsNoMoreIdleConnectionsThanItMay) {
  PoolOptions options = database_->app();
  options.max_open = 3;
  options.max_idle = 1;
  const std::unique_ptr<Pool> pool = Open(options);
  {
    const std::unique_ptr<Tx> a = Begin(*pool), b = Begin(*pool), c = Begin(*pool);
    EXPECT_EQ(pool->stats().open, 3);
  }
  EXPECT_EQ(pool->stats().open, 1);
  EXPECT_EQ(pool->stats().idle, 1);
}

TEST_F(PoolTest, ClosesConnectionsThatAreTooOldOrIdleTooLong) {
  clock::FakeClock clock(absl::FromUnixSeconds(1'700'000'000));
  PoolOptions options = database_->app();
  options.max_lifetime = absl::Minutes(30);
  options.max_idle_time = absl::Minutes(5);
  absl::StatusOr<std::unique_ptr<Pool>> opened = Pool::Open(options, clock, {});
  ASSERT_TRUE(opened.ok()) << opened.status();
  Pool& pool = **opened;
  const int32_t first = Backend(pool);
  clock.Advance(absl::Minutes(5) - absl::Seconds(1));
  EXPECT_EQ(Backend(pool), first);
  clock.Advance(absl::Minutes(5));
  const int32_t second = Backend(pool);
  EXPECT_NE(second, first);
  for (int i = 0; i < 7; ++i) {
    clock.Advance(absl::Minutes(4));
    EXPECT_EQ(Backend(pool), second);
  }
  clock.Advance(absl::Minutes(2));
  EXPECT_NE(Backend(pool), second);
  EXPECT_EQ(pool.stats().open, 1);
}

TEST_F(PoolTest, ReplacesAConnectionThatTheServerHasClosed) {
  const std::unique_ptr<Pool> pool = Open(database_->app());
  for (int i = 0; i < 20; ++i) {
    const int32_t first = Backend(*pool);
    Terminate(first);
    EXPECT_NE(Backend(*pool), first);
  }
  EXPECT_EQ(pool->stats().open, 1);
}

TEST_F(PoolTest, ATransactionThatFindsItsConnectionDeadStartsOnAnother) {
  const std::unique_ptr<Pool> pool = Open(database_->app());
  const int32_t first = Backend(*pool);
  const std::unique_ptr<Tx> tx = Begin(*pool);  // has the connection, has sent nothing
  Terminate(first);
  const absl::StatusOr<Rows> rows = tx->Query(kBackend, {});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_NE((*rows)[0].Int32(0), first);
  EXPECT_TRUE(tx->Commit().ok());
}

TEST_F(PoolTest, ATransactionUnderWayIsUnavailableWhenItsConnectionDies) {
  const std::unique_ptr<Pool> pool = Open(database_->app());
  const std::unique_ptr<Tx> tx = Begin(*pool);
  const absl::StatusOr<Rows> rows = tx->Query(kBackend, {});
  ASSERT_TRUE(rows.ok()) << rows.status();
  Terminate((*rows)[0].Int32(0));
  const absl::Status lost = tx->Query(kBackend, {}).status();
  EXPECT_EQ(lost.code(), absl::StatusCode::kUnavailable) << lost;
  EXPECT_EQ(status::Reason(lost), "DATABASE_UNAVAILABLE");
  EXPECT_EQ(tx->Commit(), lost);
  EXPECT_NE(Backend(*pool), (*rows)[0].Int32(0));
}

TEST_F(PoolTest, ACutCableIsUnavailable) {
  TcpProxy proxy(database_->app().host, database_->app().port);
  PoolOptions options = database_->app();
  options.port = proxy.port();
  const std::unique_ptr<Pool> pool = Open(options);
  std::unique_ptr<Tx> tx = Begin(*pool);
  ASSERT_TRUE(tx->Query(kBackend, {}).ok());
  proxy.Cut();
  EXPECT_EQ(tx->Query(kBackend, {}).status().code(), absl::StatusCode::kUnavailable);
  tx.reset();
  EXPECT_GT(Backend(*pool), 0);
}

TEST_F(PoolTest, NobodyIsKeptFromAFreePlaceByAServerThatIsGone) {
  auto proxy = std::make_unique<TcpProxy>(database_->app().host, database_->app().port);
  PoolOptions options = database_->app();
  options.port = proxy->port();
  options.max_open = 1;
  const std::unique_ptr<Pool> pool = Open(options);
  proxy.reset();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(pool->Begin({.deadline = clock_.Now() + absl::Seconds(10)}).status().code(),
              absl::StatusCode::kUnavailable);
  }
  EXPECT_EQ(pool->stats().open, 0);
}

TEST_F(PoolTest, PingAnswersWithinItsTime) {
  TcpProxy proxy(database_->app().host, database_->app().port);
  PoolOptions options = database_->app();
  options.port = proxy.port();
  const std::unique_ptr<Pool> pool = Open(options);
  EXPECT_TRUE(pool->Ping(absl::Seconds(5)).ok());
  proxy.Freeze();
  const auto start = steady_clock::now();
  const absl::Status frozen = pool->Ping(absl::Milliseconds(100));
  EXPECT_EQ(frozen.code(), absl::StatusCode::kDeadlineExceeded) << frozen;
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(3));
  proxy.Thaw();
  EXPECT_TRUE(pool->Ping(absl::Seconds(5)).ok());
}

TEST_F(PoolTest, CancelsAStatementAtItsDeadline) {
  const std::unique_ptr<Pool> pool = Open(database_->app());
  const auto start = steady_clock::now();
  int32_t backend = 0;
  {
    const std::unique_ptr<Tx> tx = Begin(*pool, absl::Milliseconds(300));
    const absl::StatusOr<Rows> rows = tx->Query(kBackend, {});
    ASSERT_TRUE(rows.ok()) << rows.status();
    backend = (*rows)[0].Int32(0);
    const absl::Status late = tx->Query(kSleep, {}).status();
    EXPECT_EQ(late.code(), absl::StatusCode::kDeadlineExceeded) << late;
    EXPECT_EQ(tx->Commit(), late);
  }
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
  WaitUntil([&] {
    return database_->Value("select count(*) from pg_stat_activity where state = 'active' and pid = " +
                            std::to_string(backend)) == "0";
  });
  // The cancel request must not hit the next one.
  for (int i = 0; i < 50; ++i) EXPECT_GT(Backend(*pool), 0);
}

TEST_F(PoolTest, RefusesToBeginAfterTheDeadline) {
  const std::unique_ptr<Pool> pool = Open(database_->app());
  EXPECT_EQ(pool->Begin({.deadline = clock_.Now() - absl::Seconds(1)}).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(PoolTest, ManyThreadsShareFewConnections) {
  PoolOptions options = database_->app();
  options.max_open = options.max_idle = 3;
  const std::unique_ptr<Pool> pool = Open(options);
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) done += Backend(*pool) > 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 600);
  EXPECT_LE(pool->stats().open, 3);
  EXPECT_EQ(pool->stats().open, pool->stats().idle);
}

TEST_F(PoolTest, OpenGivesUpOnAServerThatRefuses) {
  PoolOptions options = database_->app();
  {
    TcpProxy gone(options.host, options.port);
    options.port = gone.port();
  }
  options.password = "pass-word";
  std::vector<std::string> progress;
  const auto start = steady_clock::now();
  const absl::Status refused = Pool::Open(options, clock_,
                                          {.refused_for = absl::Milliseconds(300),
                                           .progress = [&](std::string_view line) { progress.emplace_back(line); }})
                                   .status();
  EXPECT_GT(steady_clock::now() - start, std::chrono::milliseconds(150));
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(refused.message(), "cannot reach PostgreSQL at 127.0.0.1:" + std::to_string(options.port) +
                                   " as smallbiznis_app: Connection refused");
  EXPECT_THAT(progress, ::testing::IsEmpty()) << "a refused connection is no sign of a database that is starting";
}

TEST_F(PoolTest, OpenStopsWaitingWhenToldTo) {
  PoolOptions options = database_->app();
  {
    TcpProxy gone(options.host, options.port);
    options.port = gone.port();
  }
  const absl::Status stopped =
      Pool::Open(options, clock_,
                 {.refused_for = absl::InfiniteDuration(), .pause = [](absl::Duration) { return true; }})
          .status();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kCancelled);
}

TEST_F(PoolTest, OpenFailsAtOnceOnAWrongPasswordAndDoesNotRepeatIt) {
  PoolOptions options = database_->app();
  options.password = "wrong-secret";
  const absl::Status refused = Pool::Open(options, clock_, {.refused_for = absl::InfiniteDuration()}).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(SqlState(refused), "28P01");
  const std::string message(refused.message());
  EXPECT_THAT(message, HasSubstr("as smallbiznis_app: password authentication failed"));
  EXPECT_THAT(message, testing::Not(HasSubstr("wrong-secret")));
  EXPECT_THAT(message, testing::Not(HasSubstr("\n")));
}

TEST_F(PoolTest, OpenFailsAtOnceOnADatabaseThatIsNotThere) {
  PoolOptions options = database_->app();
  options.dbname = "nowhere";
  const absl::Status refused = Pool::Open(options, clock_, {.refused_for = absl::InfiniteDuration()}).status();
  EXPECT_EQ(SqlState(refused), "3D000");
}

}  // namespace
}  // namespace smallbiznis::db
