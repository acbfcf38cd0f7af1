// Rows copied out of a transaction.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/db/copied.h"
#include "pkg/db/error.h"
#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"

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
    constraint items_pkey primary key (tenant_id, id)
  );
  grant select, insert on test.items to smallbiznis_app;
  select app.protect('test.items');)",
                                 "0"}};

constexpr Statement kInsert{"test.insert", "insert into test.items values ($1, $2, $3, $4, $5)", 5};
constexpr Statement kCount{"test.count", "select count(*) from test.items", 0};
constexpr Statement kLock{"test.lock", "select pg_advisory_xact_lock($1)", 1};
constexpr Statement kBroken{"test.broken", "select nothing from nowhere", 0};
constexpr Statement kCopy{"test.copy",
                          "copy (select id, name, data, at from test.items order by id) to stdout (format binary)", 0};
constexpr Statement kCopyMuch{"test.copy_much",
                              "copy (select n from generate_series(1, 100000) n) to stdout (format binary)", 0};
constexpr Statement kCopyBroken{
    "test.copy_broken", "copy (select 1 / (n - 5000) from generate_series(1, 10000) n) to stdout (format binary)", 0};
constexpr Statement kCopyWaits{"test.copy_waits", "copy (select pg_advisory_lock(4711)) to stdout (format binary)", 0};

class CopyTest : public testing::Test {
 protected:
  static TxOptions For(int64_t tenant) {
    return {.scope = Scope::Tenant(TenantId(tenant)), .deadline = clock_.Now() + absl::Seconds(30)};
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

  static inline clock::SystemClock clock_;
  const std::unique_ptr<TestDatabase> database_ = std::make_unique<TestDatabase>(JoinMigrations(kMigrations, kItems));
  const std::unique_ptr<Pool> pool_ = database_->OpenPool();
};

TEST_F(CopyTest, CopiesRowsOutAmongOtherStatements) {
  const std::unique_ptr<Tx> tx = Begin(*pool_, For(1));
  const absl::Time at = absl::FromUnixMicros(1'714'557'600'123'456);
  ASSERT_TRUE(tx->Query(kInsert, {int64_t{1}, int64_t{7}, "a", Bytes{std::string("\0x", 2)}, at}).ok());
  tx->Defer(kInsert, {int64_t{1}, int64_t{8}, "b", std::nullopt, std::nullopt});
  std::vector<std::string> seen;
  const auto copy = [&] {
    return tx->CopyOut(kCopy, [&](std::string_view rows) {
      for (Copied row(rows); row.Next();) {
        seen.push_back(fmt::format("{} {} {}", row.Int64(0), row.Text(1), row.IsNull(2) ? 0 : row.Bytes(2).size()));
        EXPECT_EQ(row.OptionalTime(3).value_or(at), at);
      }
      return true;
    });
  };
  EXPECT_TRUE(copy().ok());
  EXPECT_TRUE(copy().ok());
  EXPECT_THAT(seen, testing::ElementsAre("7 a 2", "8 b 0", "7 a 2", "8 b 0"));
  EXPECT_EQ(tx->Query(kCount, {})->size(), 1);
  EXPECT_TRUE(tx->Commit().ok());
  EXPECT_EQ(CountIn(For(1), *pool_), 2);
}

TEST_F(CopyTest, CopiesNoRows) {
  int rows = 0;
  EXPECT_TRUE(Begin(*pool_, For(1))->CopyOut(kCopy, [&](std::string_view) { return ++rows > 0; }).ok());
  EXPECT_EQ(rows, 0);
}

// The connection is let go of, and the next transaction has one that works.
TEST_F(CopyTest, ACopyThatIsNotReadToItsEndIsTheLastOfItsTransaction) {
  const std::unique_ptr<Pool> pool = database_->OpenPool(1);
  const std::unique_ptr<Tx> broken = Begin(*pool, For(1));
  const absl::Status error = broken->CopyOut(kCopyBroken, [](std::string_view) { return true; });
  EXPECT_EQ(SqlState(error), "22012") << error;
  EXPECT_EQ(broken->Commit(), error);
  EXPECT_FALSE(Begin(*pool_, For(1))->CopyOut(kBroken, [](std::string_view) { return true; }).ok());
}

TEST_F(CopyTest, WhoHasSeenEnoughOfACopyLeavesAPoolThatWorks) {
  const std::unique_ptr<Pool> pool = database_->OpenPool(1);
  {
    const std::unique_ptr<Tx> left = Begin(*pool, For(1));
    int rows = 0;
    EXPECT_TRUE(left->CopyOut(kCopyMuch, [&](std::string_view) { return ++rows < 3; }).ok());
    EXPECT_EQ(rows, 3);
    EXPECT_FALSE(left->Query(kCount, {}).ok());
  }
  EXPECT_EQ(CountIn(For(1), *pool), 0);
}

TEST_F(CopyTest, ACopyEndsAtTheDeadline) {
  const std::unique_ptr<Tx> holder = Begin(*pool_, For(1));
  ASSERT_TRUE(holder->Query(kLock, {int64_t{4711}}).ok());
  TxOptions options = For(1);
  options.deadline = clock_.Now() + absl::Milliseconds(100);
  const absl::Status late = Begin(*pool_, options)->CopyOut(kCopyWaits, [](std::string_view) { return true; });
  EXPECT_EQ(late.code(), absl::StatusCode::kDeadlineExceeded) << late;
}

}  // namespace
}  // namespace smallbiznis::db
