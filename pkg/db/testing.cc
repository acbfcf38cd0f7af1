#include "pkg/db/testing.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "pkg/db/connect.h"
#include "pkg/db/script.h"
#include "pkg/text/view.h"

namespace smallbiznis::db {
namespace {

[[noreturn]] void Stop(std::string_view message) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  std::fflush(nullptr);
  std::_Exit(1);
}

std::string FromEnvironment(const char* name) {
  const char* const value = std::getenv(name);
  if (!value) Stop(fmt::format("{} is not set: run `make test`, or eval \"$(tools/stack env)\" first", name));
  return value;
}

PoolOptions Account(const char* user, const char* password, const std::string& dbname) {
  PoolOptions options;
  options.host = FromEnvironment("DATABASE_HOST");
  const std::string port = FromEnvironment("DATABASE_PORT");
  std::from_chars(port.data(), port.data() + port.size(), options.port);
  options.user = user;
  options.password = FromEnvironment(password);
  options.dbname = dbname;
  options.application_name = "test";
  return options;
}

// As the superuser. Other test programs create and drop databases at the same time.
Rows Run(const PoolOptions& options, const std::string& sql) {
  const absl::StatusOr<ConnectionHandle> connection = Connect(options, After(absl::Seconds(10)));
  if (!connection.ok()) Stop(text::ToStd(connection.status().message()));
  absl::StatusOr<Rows> rows = RunScript(connection->get(), sql);
  if (!rows.ok()) Stop(fmt::format("{}\nin: {}", text::ToStd(rows.status().message()), sql));
  return *std::move(rows);
}

std::string FreshName() {
  return fmt::format("test_{}_{:08x}", getpid(), std::random_device{}());
}

}  // namespace

TestDatabase::TestDatabase(const Migrations& migrations) {
  const std::string name = FreshName();
  app_ = Account("smallbiznis_app", "DATABASE_PASSWORD", name);
  owner_ = Account("smallbiznis_owner", "SB_STACK_OWNER_PASSWORD", name);
  admin_ = Account("smallbiznis_admin", "SB_STACK_ADMIN_PASSWORD", name);
  server_ = admin_;
  server_.dbname = "postgres";
  Run(server_, fmt::format("create database {} owner smallbiznis_owner", name));
  const absl::Status migrated = ApplyMigrations(owner_, migrations, nullptr);
  if (migrated.ok()) return;
  Run(server_, fmt::format("drop database {} with (force)", name));
  Stop(text::ToStd(migrated.message()));
}

TestDatabase::~TestDatabase() {
  Run(server_, fmt::format("drop database {} with (force)", app_.dbname));
}

std::unique_ptr<Pool> TestDatabase::OpenPool(int max_open) const {
  static const clock::SystemClock clock;
  PoolOptions options = app_;
  options.max_open = options.max_idle = max_open;
  absl::StatusOr<std::unique_ptr<Pool>> pool = Pool::Open(options, clock, {});
  if (!pool.ok()) Stop(text::ToStd(pool.status().message()));
  return *std::move(pool);
}

void TestDatabase::Execute(std::string_view sql) const {
  Run(admin_, std::string(sql));
}

std::string TestDatabase::Value(std::string_view sql) const {
  const Rows rows = Run(admin_, std::string(sql));
  return rows.empty() || rows[0].IsNull(0) ? "" : std::string(rows[0].Raw(0));
}

}  // namespace smallbiznis::db
