#include "pkg/db/migrate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>

#include "pkg/db/error.h"
#include "pkg/db/testing.h"
#include "pkg/status/status.h"

namespace smallbiznis::db {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Migration kFirst = {"shop", 1, "shop/0001_a.sql", "create schema shop; create table shop.a (x bigint);", "aa"};
const Migration kSecond = {"shop", 2, "shop/0002_b.sql", "create table shop.b (x bigint);", "bb"};
const Migration kOther = {"till", 1, "till/0001_c.sql", "create schema till;", "cc"};

class MigrateTest : public testing::Test {
 protected:
  absl::Status Apply(const Migrations& migrations) {
    files_.clear();
    return ApplyMigrations(database_.owner(), migrations,
                           [this](const Migration& migration) { files_.emplace_back(migration.file); });
  }
  absl::Status Check(const Migrations& migrations) { return CheckMigrations(*pool_, migrations); }

  // The database lacks `migrate` altogether, which even an empty list of migrations makes.
  void ForgetEverything() { database_.Execute("drop schema migrate cascade"); }

  TestDatabase database_{{}};
  std::unique_ptr<Pool> pool_ = database_.OpenPool();
  std::vector<std::string> files_;
};

TEST_F(MigrateTest, AppliesWhatIsMissingInOrder) {
  ASSERT_TRUE(Apply({kFirst}).ok());
  EXPECT_THAT(files_, ElementsAre("shop/0001_a.sql"));
  ASSERT_TRUE(Apply({kFirst, kSecond, kOther}).ok());
  EXPECT_THAT(files_, ElementsAre("shop/0002_b.sql", "till/0001_c.sql"));
  ASSERT_TRUE(Apply({kFirst, kSecond, kOther}).ok());
  EXPECT_THAT(files_, ElementsAre());
  EXPECT_EQ(database_.Value("select count(*) from migrate.applied"), "3");
  EXPECT_EQ(database_.Value("select tableowner from pg_tables where tablename = 'a'"), "smallbiznis_owner");
}

TEST_F(MigrateTest, TheProgramChecksTheSchemaBeforeItServes) {
  ForgetEverything();
  const absl::Status empty = Check({kFirst, kSecond});
  EXPECT_EQ(status::Reason(empty), "SCHEMA_BEHIND");
  EXPECT_EQ(empty.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(empty.message()), HasSubstr("shop/0001_a.sql"));
  ASSERT_TRUE(Apply({kFirst}).ok());
  EXPECT_TRUE(Check({kFirst}).ok());
  const absl::Status behind = Check({kFirst, kSecond, kOther});
  EXPECT_EQ(status::Reason(behind), "SCHEMA_BEHIND");
  EXPECT_THAT(std::string(behind.message()), HasSubstr("shop/0002_b.sql"));
}

TEST_F(MigrateTest, RefusesAChangedFile) {
  ASSERT_TRUE(Apply({kFirst}).ok());
  Migration changed = kFirst;
  changed.checksum = "a changed one";
  for (const absl::Status& refused : {Apply({changed, kSecond}), Check({changed, kSecond})}) {
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(status::Reason(refused), "MIGRATION_CHANGED");
    EXPECT_THAT(std::string(refused.message()), HasSubstr("shop/0001_a.sql"));
  }
  EXPECT_THAT(files_, ElementsAre());
}

TEST_F(MigrateTest, RefusesADatabaseAheadOfTheProgram) {
  ASSERT_TRUE(Apply({kFirst, kSecond}).ok());
  for (const absl::Status& refused : {Apply({kFirst}), Check({kFirst})}) {
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(status::Reason(refused), "SCHEMA_AHEAD");
    EXPECT_THAT(std::string(refused.message()), HasSubstr("shop/0002_b.sql"));
  }
}

TEST_F(MigrateTest, AFileThatFailsLeavesNothingAndNamesItselfAndTheLine) {
  const Migration bad = {"shop", 2, "shop/0002_bad.sql", "create table shop.half (x bigint);\n\nselect nonsense;", "x"};
  const absl::Status failed = Apply({kFirst, bad, kOther});
  EXPECT_THAT(std::string(failed.message()), testing::StartsWith("shop/0002_bad.sql: line 3: column \"nonsense\""));
  EXPECT_EQ(SqlState(failed), "42703");
  EXPECT_THAT(files_, ElementsAre("shop/0001_a.sql"));
  EXPECT_EQ(database_.Value("select to_regclass('shop.half') is null"), "t");
  EXPECT_TRUE(Apply({kFirst, kSecond, kOther}).ok());
}

TEST_F(MigrateTest, SeveralAtOnceApplyEachFileOnce) {
  ForgetEverything();
  const Migration slow = {"shop", 1, "shop/0001_slow.sql", "create schema shop; select pg_sleep(0.2);", "s"};
  std::mutex mutex;
  std::vector<std::string> files;
  std::vector<std::future<absl::Status>> runs;
  for (int i = 0; i < 4; ++i) {
    runs.push_back(std::async(std::launch::async, [&] {
      return ApplyMigrations(database_.owner(), {slow, kSecond, kOther}, [&](const Migration& migration) {
        const std::lock_guard lock(mutex);
        files.emplace_back(migration.file);
      });
    }));
  }
  for (std::future<absl::Status>& run : runs) {
    const absl::Status done = run.get();
    EXPECT_TRUE(done.ok()) << done;
  }
  EXPECT_THAT(files, ElementsAre("shop/0001_slow.sql", "shop/0002_b.sql", "till/0001_c.sql"));
}

TEST_F(MigrateTest, TheProgramsRoleCannotMigrate) {
  EXPECT_EQ(ApplyMigrations(database_.app(), {kFirst}, nullptr).code(), absl::StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace smallbiznis::db
