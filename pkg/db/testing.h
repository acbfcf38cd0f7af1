// For integration tests: a database of their own on the PostgreSQL that the environment names (tools/stack env).
//
//   class TenantStoreTest : public testing::Test {
//     static void SetUpTestSuite() { database = new db::TestDatabase(db::JoinMigrations(db::kMigrations, kMigrations));
//     } static void TearDownTestSuite() { delete database; }
//   };
//
// One database a test binary is enough for most rooms: let the tests use different tenants.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "pkg/clock/clock.h"
#include "pkg/db/migrate.h"
#include "pkg/db/pool.h"

namespace smallbiznis::db {

// Created empty, then migrated as the owner; dropped at the end together with whoever is still connected. Without a
// stack, or when a migration fails, the test program ends at once with one line that says what to do. Thread-safe.
class TestDatabase {
 public:
  explicit TestDatabase(const Migrations& migrations);
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const PoolOptions& app() const { return app_; }      // the program's role: row-level security holds
  const PoolOptions& owner() const { return owner_; }  // owns the tables: what cmd/migrate uses
  const PoolOptions& admin() const { return admin_; }  // superuser: sees everything

  // A pool of the program's role, on the system clock.
  std::unique_ptr<Pool> OpenPool(int max_open = 8) const;

  // Runs statements as the superuser, outside of any transaction of the code under test, to arrange or to look.
  void Execute(std::string_view sql) const;
  // The first column of the first row, "" for NULL or no row.
  std::string Value(std::string_view sql) const;

 private:
  PoolOptions app_;
  PoolOptions owner_;
  PoolOptions admin_;
  PoolOptions server_;  // the superuser in the database `postgres`, to create and drop
};

}  // namespace smallbiznis::db
