// Transactions: what travels when, errors, scopes, retries.
#include "pkg/db/tx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "pkg/db/error.h"
#include "pkg/db/migrations.h"
#include "pkg/db/tcp_proxy.h"
#include "pkg/db/testing.h"
#include "pkg/status/status.h"

namespace smallbiznis::db {
namespace {

constexpr Migration kItems[] = {{"test", 1, "0001_items.sql", R"(
  create schema test;
  grant usage on schema test to smallbiznis_app;
  create table test.items (
    tenant_id bigint not null,
    id bigint not null,
    name text not null,
    data bytea,
    at timestamptz,
    tags text[],
    constraint items_pkey primary key (tenant_id, id),
    constraint items_name unique (tenant_id, name),
    constraint items_name_not_empty check (name <> '')
  );
  grant select, insert, update, delete on test.items to smallbiznis_app;
  select app.protect('test.items');)",
                                 "0"}};

constexpr Statement kInsert{"test.insert", "insert into test.items (tenant_id, id, name) values ($1, $2, $3)", 3};
constexpr Statement kInsertAll{"test.insert_all",
                               "insert into test.items (tenant_id, id, name, data, at, tags) "
                               "values ($1, $2, $3, $4, $5, $6) returning data, at, tags, name",
                               6};
constexpr Statement kInsertMany{"test.insert_many",
                                "insert into test.items (tenant_id, id, name, data) "
                                "select $1, * from unnest($2::bigint[], $3::text[], $4::bytea[])",
                                4};
constexpr Statement kCount{"test.count", "select count(*) from test.items", 0};
constexpr Statement kNames{"test.names", "select name from test.items order by id", 0};
constexpr Statement kRename{"test.rename", "update test.items set name = $2 where id = $1", 2};
constexpr Statement kBroken{"test.broken", "select nothing from nowhere", 0};
constexpr Statement kRepeatable{"test.repeatable", "set transaction isolation level repeatable read", 0};
constexpr Statement kLock{"test.lock", "select pg_advisory_xact_lock($1)", 1};
constexpr Statement kBig{"test.big", "select repeat('x', 1000) from generate_series(1, $1)", 1};
constexpr Statement kEcho{"test.echo", "select $1::text", 1};
constexpr Statement kEchoTexts{"test.echo_texts", "select $1::text[]", 1};
constexpr Statement kEchoTimes{"test.echo_times", "select unnest($1::timestamptz[])", 1};
constexpr Statement kExplain{"test.explain", "explain (costs off) select name from test.items order by id", 0};
constexpr Statement kDrop{"test.drop", "drop table test.items", 0};
constexpr Statement kDisable{"test.disable", "alter table test.items disable row level security", 0};

class TxTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { database_ = new TestDatabase(JoinMigrations(kMigrations, kItems)); }
  static void TearDownTestSuite() { delete database_; }

  void SetUp() override { database_->Execute("truncate test.items"); }

  static TxOptions For(int64_t tenant, bool read_only = false) {
    return {
        .scope = Scope::Tenant(TenantId(tenant)), .read_only = read_only, .deadline = clock_.Now() + absl::Seconds(30)};
  }

  static std::unique_ptr<Tx> Begin(Pool& pool, const TxOptions& options) {
    absl::StatusOr<std::unique_ptr<Tx>> tx = pool.Begin(options);
    EXPECT_TRUE(tx.ok()) << tx.status();
    return *std::move(tx);
  }

  static int64_t CountIn(const TxOptions& options, Pool& pool) {
    const std::unique_ptr<Tx> tx = Begin(pool, options);
    const absl::StatusOr<Rows> rows = tx->Query(kCount, {});
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? (*rows)[0].Int64(0) : -1;
  }

  std::unique_ptr<Pool> pool_ = database_->OpenPool();
  static inline TestDatabase* database_ = nullptr;
  static inline clock::SystemClock clock_;
};

// A pool whose connections run through a proxy.
class ProxiedTxTest : public TxTest {
 protected:
  ProxiedTxTest() {
    PoolOptions options = database_->app();
    options.port = proxy_.port();
    proxied_ = *Pool::Open(options, clock_, {});
  }

  int RoundTrips(const std::function<void()>& work) {
    const int before = proxy_.round_trips();
    work();
    return proxy_.round_trips() - before;
  }

  TcpProxy proxy_{database_->app().host, database_->app().port};
  std::unique_ptr<Pool> proxied_;
};

TEST_F(TxTest, WritesAndReadsEveryKindOfValueByteForByte) {
  const absl::Time at = absl::FromUnixMicros(1'714'557'600'123'456);
  const std::string data("\x00\x01\xff'\\\"", 6);
  const std::vector<std::string> tags = {"a", "b,c", "\"q\"", "", "NULL"};
  const std::string name = "Toko Bu Ani — متجر — 商店 — 🛒 '); drop table x; --<b>";
  const std::unique_ptr<Tx> tx = Begin(*pool_, For(1));
  const absl::StatusOr<Rows> rows = tx->Query(kInsertAll, {int64_t{1}, int64_t{1}, name, Bytes{data}, at, tags});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ((*rows)[0].Bytes(0), data);
  EXPECT_EQ((*rows)[0].Time(1), at);
  EXPECT_EQ((*rows)[0].TextArray(2), tags);
  EXPECT_EQ((*rows)[0].Text(3), name);
  EXPECT_EQ(rows->affected(), 1);
}

TEST_F(TxTest, TakesArraysApart) {
  const std::unique_ptr<Tx> tx = Begin(*pool_, For(1));
  const absl::StatusOr<Rows> inserted =
      tx->Query(kInsertMany, {int64_t{1}, std::vector<int64_t>{1, 2}, std::vector<std::string>{"a", "b \"x\""},
                              std::vector<Bytes>{{"x"}, {std::string(1, '\0')}}});
  ASSERT_TRUE(inserted.ok()) << inserted.status();
  EXPECT_EQ(inserted->affected(), 2);
  const absl::StatusOr<Rows> names = tx->Query(kNames, {});
  ASSERT_TRUE(names.ok());
  EXPECT_EQ((*names)[1].Text(0), "b \"x\"");
}

TEST_F(TxTest, RefusesTextThatPostgresCannotHold) {
  for (const std::string& text : {std::string("a\0b", 3), std::string("\xff\xfe"), std::string("\xed\xa0\x80")}) {
    const std::unique_ptr<Tx> tx = Begin(*pool_, For(1));
    const absl::Status refused = tx->Query(kEcho, {text}).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << refused;
    EXPECT_EQ(tx->Commit(), refused);
    const std::unique_ptr<Tx> second = Begin(*pool_, For(1));
    const absl::Status in_array = second->Query(kEchoTexts, {std::vector<std::string>{"good", text}}).status();
    EXPECT_EQ(in_array.code(), absl::StatusCode::kInvalidArgument) << in_array;
  }
}

TEST_F(TxTest, TakesEveryTimeInAnArray) {
  const std::vector<absl::Time> times = {absl::FromUnixMicros(1'714'557'600'123'456), absl::FromUnixMicros(-1),
                                         absl::FromUnixMicros(946'684'800'000'000), absl::InfiniteFuture(),
                                         absl::InfinitePast()};
  const std::unique_ptr<Tx> tx = Begin(*pool_, For(1));
  const absl::StatusOr<Rows> rows = tx->Query(kEchoTimes, {times});
  ASSERT_TRUE(rows.ok()) << rows.status();
  std::vector<absl::Time> seen;
  for (const Row row : *rows) seen.push_back(row.Time(0));
  EXPECT_EQ(seen, times);
}

TEST_F(ProxiedTxTest, NothingIsSentForATransactionThatDoesNothing) {
  EXPECT_EQ(RoundTrips([&] {
              EXPECT_TRUE(Begin(*proxied_, For(1))->Commit().ok());
              Begin(*proxied_, For(1));
            }),
            0);
}

TEST_F(ProxiedTxTest, BeginTravelsWithTheFirstStatementAndDeferredOnesWithCommit) {
  for (int64_t round = 1; round <= 2; ++round) {  // the first time the statements are prepared as well
    EXPECT_EQ(RoundTrips([&] {
                const std::unique_ptr<Tx> tx = Begin(*proxied_, For(1));
                EXPECT_EQ(tx->Query(kCount, {})->size(), 1);
                for (int64_t i = 0; i < 5; ++i) {
                  tx->Defer(kInsert, {int64_t{1}, 10 * round + i, std::to_string(10 * round + i)}, nullptr);
                }
                EXPECT_TRUE(tx->Commit().ok());
              }),
              2);
  }
  EXPECT_EQ(CountIn(For(1), *pool_), 10);
}

TEST_F(ProxiedTxTest, ATransactionOfDeferredStatementsIsOneRoundTrip) {
  EXPECT_EQ(RoundTrips([&] {
              const std::unique_ptr<Tx> tx = Begin(*proxied_, For(1));
              tx->Defer(kInsert, {int64_t{1}, int64_t{1}, "a"}, nullptr);
              tx->Defer(kInsert, {int64_t{1}, int64_t{2}, "b"}, nullptr);
              EXPECT_TRUE(tx->Commit().ok());
            }),
            1);
  EXPECT_EQ(CountIn(For(1), *pool_), 2);
}

TEST_F(ProxiedTxTest, NobodyWaitsForTheEndOfAReadOnlyTransaction) {
  const auto read = [&] {
    const std::unique_ptr<Tx> tx = Begin(*proxied_, For(1, true));
    EXPECT_TRUE(tx->Query(kCount, {}).ok());
    EXPECT_TRUE(tx->Commit().ok());
  };
  read();
  // COMMIT of one may travel with BEGIN of the next, or before: 2 each at most, and no wait for the former.
  EXPECT_LE(RoundTrips([&] {
              for (int i = 0; i < 10; ++i) read();
            }),
            20);
}

TEST_F(TxTest, WithoutCommitNothingStays) {
  {
    const std::unique_ptr<Tx> tx = Begin(*pool_, For(1));
    ASSERT_TRUE(tx->Query(kInsert, {int64_t{1}, int64_t{1}, "a"}).ok());
    tx->Defer(kInsert, {int64_t{1}, int64_t{2}, "b"}, nullptr);
  }
  EXPECT_EQ(CountIn(For(1), *pool_), 0);
  // Nor does the lock of what was rolled back.
  const std::unique_ptr<Tx> next = Begin(*pool_, For(1));
  EXPECT_TRUE(next->Query(kInsert, {int64_t{1}, int64_t{1}, "a"}).ok());
}

TEST_F(TxTest, AfterAnErrorEveryCallGivesItAgainAndTheConnectionIsUsedOn) {
  {
    const std::unique_ptr<Tx> tx = Begin(*pool_, For(1));
    ASSERT_TRUE(tx->Query(kInsert, {int64_t{1}, int64_t{1}, "a"}).ok());
    const absl::Status taken = tx->Query(kInsert, {int64_t{1}, int64_t{2}, "a"}).status();
    EXPECT_EQ(taken.code(), absl::StatusCode::kAlreadyExists) << taken;
    EXPECT_EQ(Constraint(taken), "items_name");
    EXPECT_EQ(tx->Query(kCount, {}).status(), taken);
    EXPECT_EQ(tx->Flush(), taken);
    tx->Defer(kInsert, {int64_t{1}, int64_t{3}, "c"}, nullptr);
    EXPECT_EQ(tx->Commit(), taken);
  }
  EXPECT_EQ(CountIn(For(1), *pool_), 0);
  EXPECT_EQ(pool_->stats().open, 1);
}

TEST_F(TxTest, TheErrorOfADeferredStatementComesOutThroughItsMap) {
  const auto mapped = [](const char* text) {
    return [text](const absl::Status& error) { return status::Error(error.code(), text, Constraint(error)); };
  };
  const auto run = [&](const std::function<absl::Status(Tx&)>& wait) {
    const std::unique_ptr<Tx> tx = Begin(*pool_, For(1));
    tx->Defer(kInsert, {int64_t{1}, int64_t{1}, "a"}, mapped("FIRST"));
    tx->Defer(kInsert, {int64_t{1}, int64_t{2}, ""}, mapped("SECOND"));
    tx->Defer(kInsert, {int64_t{1}, int64_t{3}, ""}, mapped("THIRD"));
    const absl::Status error = wait(*tx);
    EXPECT_EQ(tx->Commit(), error);
    return error;
  };
  for (const absl::Status& error : {run([](Tx& tx) { return tx.Query(kCount, {}).status(); }),
                                    run([](Tx& tx) { return tx.Flush(); }), run([](Tx& tx) { return tx.Commit(); })}) {
    EXPECT_EQ(status::Reason(error), "SECOND") << error;
    EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(error.message(), "items_name_not_empty");
  }
  EXPECT_EQ(CountIn(For(1), *pool_), 0);
}

TEST_F(TxTest, TheErrorOfTheStatementWaitedForIsNotMapped) {
  const std::unique_ptr<Tx> tx = Begin(*pool_, For(1));
  tx->Defer(kInsert, {int64_t{1}, int64_t{1}, "a"}, [](const absl::Status&) { return absl::DataLossError("mapped"); });
  EXPECT_EQ(Constraint(tx->Query(kInsert, {int64_t{1}, int64_t{2}, "a"}).status()), "items_name");
}

TEST_F(TxTest, DeferredRowsArriveWithTheNextStatementInTheirOrder) {
  const auto tx = Begin(*pool_, For(1));
  std::vector<int64_t> counts;
  const auto count = [&counts](const Rows& rows) { counts.push_back(rows[0].Int64(0)); };
  tx->DeferQuery(kCount, {}, count);
  tx->Defer(kInsert, {int64_t{1}, int64_t{1}, "one"});
  tx->DeferQuery(kCount, {}, count);
  EXPECT_THAT(counts, testing::IsEmpty());
  const absl::StatusOr<Rows> names = tx->Query(kNames, {});
  ASSERT_TRUE(names.ok()) << names.status();
  EXPECT_EQ((*names)[0].Text(0), "one");
  EXPECT_THAT(counts, testing::ElementsAre(0, 1));
  tx->Defer(kInsert, {int64_t{1}, int64_t{2}, "two"});
  tx->DeferQuery(kCount, {}, count);
  ASSERT_TRUE(tx->Commit().ok());
  EXPECT_THAT(counts, testing::ElementsAre(0, 1, 2));
}

TEST_F(TxTest, DeferredRowsAreNotHandedOutWhenSomethingSentWithThemFailed) {
  const auto tx = Begin(*pool_, For(1));
  bool taken = false;
  tx->DeferQuery(kCount, {}, [&taken](const Rows&) { taken = true; });
  EXPECT_FALSE(tx->Query(kBroken, {}).ok());
  EXPECT_FALSE(tx->Flush().ok());
  EXPECT_FALSE(taken);
}

TEST_F(TxTest, AStatementNeverPreparedInAFailedPipelineIsPreparedLater) {
  const auto connection_is_one = [&] { return pool_->stats().open == 1; };
  {
    const std::unique_ptr<Tx> tx = Begin(*pool_, For(1));
    tx->Defer(kBroken, {}, nullptr);  // its Parse fails, so that of the next is skipped
    EXPECT_EQ(SqlState(tx->Query(kInsert, {int64_t{1}, int64_t{1}, "a"}).status()), "42P01");
  }
  const std::unique_ptr<Tx> tx = Begin(*pool_, For(1));
  EXPECT_TRUE(tx->Query(kInsert, {int64_t{1}, int64_t{1}, "a"}).ok());
  EXPECT_TRUE(connection_is_one());
}

TEST_F(TxTest, LargeAnswersAndLargeParametersPass) {
  const std::unique_ptr<Tx> tx = Begin(*pool_, For(1));
  const absl::StatusOr<Rows> big = tx->Query(kBig, {20'000});
  ASSERT_TRUE(big.ok()) << big.status();
  EXPECT_EQ(big->size(), 20'000);
  const std::string text(10 << 20, 'y');
  for (int i = 0; i < 3; ++i) tx->Defer(kEcho, {text}, nullptr);
  const absl::StatusOr<Rows> echo = tx->Query(kEcho, {text});
  ASSERT_TRUE(echo.ok()) << echo.status();
  EXPECT_EQ((*echo)[0].Text(0), text);
}

TEST_F(TxTest, AReadOnlyTransactionRefusesWrites) {
  const std::unique_ptr<Tx> tx = Begin(*pool_, For(1, true));
  EXPECT_EQ(SqlState(tx->Query(kInsert, {int64_t{1}, int64_t{1}, "a"}).status()), "25006");
}

TEST_F(TxTest, ATransactionSeesAndWritesOnlyTheRowsOfItsScope) {
  database_->Execute(
      "insert into test.items (tenant_id, id, name) values (0, 1, 'p'), (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c')");
  const TxOptions none = {.scope = Scope::None()}, platform = {.scope = Scope::Platform()};
  EXPECT_EQ(CountIn(none, *pool_), 0);
  EXPECT_EQ(CountIn(For(1), *pool_), 2);
  EXPECT_EQ(CountIn(For(2), *pool_), 1);
  EXPECT_EQ(CountIn(For(3), *pool_), 0);
  EXPECT_EQ(CountIn(For(0), *pool_), 0);
  EXPECT_EQ(CountIn(platform, *pool_), 4);
  EXPECT_EQ(CountIn(none, *pool_), 0);  // on a connection that has served the platform

  const auto insert = [&](const TxOptions& options, int64_t tenant) {
    return SqlState(Begin(*pool_, options)->Query(kInsert, {tenant, int64_t{9}, "z"}).status());
  };
  EXPECT_EQ(insert(For(1), 1), "");
  EXPECT_EQ(insert(For(1), 2), "42501");
  EXPECT_EQ(insert(none, 1), "42501");
  EXPECT_EQ(insert(platform, 2), "");
  EXPECT_EQ(Begin(*pool_, For(2))->Query(kRename, {int64_t{2}, "stolen"})->affected(), 0);
}

TEST_F(TxTest, TheProgramsRoleCannotLiftRowLevelSecurity) {
  EXPECT_EQ(database_->Value("select rolsuper or rolbypassrls from pg_roles where rolname = 'smallbiznis_app'"), "f");
  EXPECT_EQ(database_->Value(
                "select relrowsecurity and relforcerowsecurity from pg_class where oid = 'test.items'::regclass"),
            "t");
  for (const Statement* statement : {&kDrop, &kDisable}) {
    EXPECT_EQ(SqlState(Begin(*pool_, For(1))->Query(*statement, {}).status()), "42501");
  }
}

TEST_F(TxTest, RowLevelSecurityUsesTheIndex) {
  database_->Execute(
      "insert into test.items (tenant_id, id, name) select n % 500, n, n from generate_series(1, 20000) n;"
      "analyze test.items");
  const std::unique_ptr<Tx> tx = Begin(*pool_, For(7));
  const absl::StatusOr<Rows> rows = tx->Query(kExplain, {});
  ASSERT_TRUE(rows.ok()) << rows.status();
  std::string plan;
  for (const Row row : *rows) plan += std::string(row.Text(0)) + "\n";
  EXPECT_THAT(plan, testing::HasSubstr("Index Cond: ((tenant_id >= "));
  EXPECT_THAT(plan, testing::Not(testing::HasSubstr("Seq Scan"))) << plan;
}

TEST_F(TxTest, TransactRunsAgainAfterASerializationFailure) {
  database_->Execute("insert into test.items (tenant_id, id, name) values (1, 1, 'a')");
  int runs = 0;
  const absl::Status done = Transact(*pool_, {}, [&](Tx& tx) -> absl::Status {
    ++runs;
    // Without a scope BEGIN is the only statement before this one, as SET TRANSACTION asks.
    RETURN_IF_ERROR(tx.Query(kRepeatable, {}).status());
    constexpr Statement kPlatform{"test.platform", "select set_config('app.platform', 'on', true)", 0};
    RETURN_IF_ERROR(tx.Query(kPlatform, {}).status());
    RETURN_IF_ERROR(tx.Query(kCount, {}).status());
    if (runs < 3) database_->Execute("update test.items set name = name || 'x'");
    return tx.Query(kRename, {int64_t{1}, "mine"}).status();
  });
  EXPECT_TRUE(done.ok()) << done;
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(database_->Value("select name from test.items"), "mine");
}

TEST_F(TxTest, TransactGivesUpAfterThreeRunsAndAtOnceOnOtherErrors) {
  int runs = 0;
  const auto failing = [&](const absl::Status& error) {
    runs = 0;
    return Transact(*pool_, {}, [&](Tx&) {
      ++runs;
      return error;
    });
  };
  EXPECT_TRUE(IsRetryable(failing(MakeError("40001", "", "collided"))));
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(failing(absl::NotFoundError("no")).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(runs, 1);
}

TEST_F(TxTest, OneOfTwoThatWaitForEachOtherIsToBeRunAgain) {
  const TxOptions options = {.scope = Scope::None(), .deadline = clock_.Now() + absl::Seconds(30)};
  std::unique_ptr<Tx> one = Begin(*pool_, options);
  const std::unique_ptr<Tx> two = Begin(*pool_, options);
  ASSERT_TRUE(one->Query(kLock, {int64_t{1}}).ok());
  ASSERT_TRUE(two->Query(kLock, {int64_t{2}}).ok());
  std::future<absl::Status> other =
      std::async(std::launch::async, [&] { return two->Query(kLock, {int64_t{1}}).status(); });
  const absl::Status mine = one->Query(kLock, {int64_t{2}}).status();
  one.reset();
  const absl::Status theirs = other.get();
  EXPECT_NE(mine.ok(), theirs.ok()) << mine << theirs;
  const absl::Status& victim = mine.ok() ? theirs : mine;
  EXPECT_TRUE(IsRetryable(victim)) << victim;
  EXPECT_EQ(victim.code(), absl::StatusCode::kAborted);
}

TEST_F(TxTest, AnErrorThatIsToBeRunAgainIsNotMapped) {
  constexpr Statement kDeadlocked{"test.deadlocked", "do $$ begin raise exception using errcode = '40P01'; end $$", 0};
  const std::unique_ptr<Tx> tx = Begin(*pool_, For(1));
  tx->Defer(kDeadlocked, {}, [](const absl::Status&) { return absl::DataLossError("mapped"); });
  EXPECT_TRUE(IsRetryable(tx->Flush()));
}

TEST_F(ProxiedTxTest, AConnectionLostAtCommitLeavesTheOutcomeUnknown) {
  const std::unique_ptr<Tx> tx = Begin(*proxied_, For(1));
  ASSERT_TRUE(tx->Query(kInsert, {int64_t{1}, int64_t{1}, "a"}).ok());
  proxy_.CutOnAnswerTo("db.commit");
  const absl::Status unknown = tx->Commit();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kUnavailable) << unknown;
  EXPECT_EQ(status::Reason(unknown), "COMMIT_UNKNOWN");
  EXPECT_EQ(CountIn(For(1), *pool_), 1);  // it did happen
}

TEST_F(ProxiedTxTest, ATransactionInOneRoundTripIsNotRunTwiceWhenItsAnswerIsLost) {
  {
    const std::unique_ptr<Tx> warm = Begin(*proxied_, For(1));
    ASSERT_TRUE(warm->Query(kInsert, {int64_t{1}, int64_t{1}, "a"}).ok());
    ASSERT_TRUE(warm->Commit().ok());
  }
  proxy_.CutOnAnswerTo("db.commit");
  const std::unique_ptr<Tx> tx = Begin(*proxied_, For(1));
  tx->Defer(kInsert, {int64_t{1}, int64_t{2}, "b"}, nullptr);
  EXPECT_EQ(status::Reason(tx->Commit()), "COMMIT_UNKNOWN");
  EXPECT_EQ(CountIn(For(1), *pool_), 2);
}

TEST_F(ProxiedTxTest, AFirstStatementWhoseAnswerIsLostIsRunAgain) {
  ASSERT_EQ(CountIn(For(1), *proxied_), 0);
  proxy_.CutOnAnswerTo("test.insert");
  const std::unique_ptr<Tx> tx = Begin(*proxied_, For(1));
  const absl::Status inserted = tx->Query(kInsert, {int64_t{1}, int64_t{1}, "a"}).status();
  EXPECT_TRUE(inserted.ok()) << inserted;
  EXPECT_TRUE(tx->Commit().ok());
  EXPECT_EQ(CountIn(For(1), *pool_), 1);
}

TEST_F(TxTest, WrongUseStopsTheProgram) {
  const std::unique_ptr<Tx> tx = Begin(*pool_, For(1));
  EXPECT_DEATH((void)tx->Query(kInsert, {int64_t{1}}), "test.insert takes 3 parameters, not 1");
  constexpr Statement kOther{"test.count", "select 2", 0};
  ASSERT_TRUE(tx->Query(kCount, {}).ok());
  EXPECT_DEATH((void)tx->Query(kOther, {}), "two statements are called test.count");
}

}  // namespace
}  // namespace smallbiznis::db
