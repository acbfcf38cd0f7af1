// Applies the migrations of every room, as the owner role: DATABASE_USER=smallbiznis_owner migrate --config FILE
#include <CLI/CLI.hpp>
#include <iostream>

#include "cmd/migrations.h"
#include "pkg/clock/clock.h"
#include "pkg/config/config.h"
#include "pkg/host/module.h"
#include "pkg/status/status.h"

namespace smallbiznis {
namespace {

absl::Status Migrate(const std::string& config_file) {
  ASSIGN_OR_RETURN(const config::Config config, config::LoadConfig(config_file));
  const db::PoolOptions database = host::DatabaseOptions(config);
  const clock::SystemClock clock;
  const auto say = [](std::string_view line) { std::cerr << "migrate: " << line << "\n"; };
  RETURN_IF_ERROR(db::Pool::Open(database, clock, host::DatabaseWait(config, say)).status());
  int applied = 0;
  RETURN_IF_ERROR(db::ApplyMigrations(database, AllMigrations(), [&](const db::Migration& migration) {
    ++applied;
    std::cout << "applied " << migration.file << "\n";
  }));
  if (applied == 0) std::cout << "schema is up to date\n";
  return absl::OkStatus();
}

}  // namespace
}  // namespace smallbiznis

int main(int argc, char** argv) {
  std::string config_file;
  CLI::App app("Brings the database's schema up to this program's.", "migrate");
  app.add_option("--config", config_file, "YAML file of settings; the environment wins over it");
  CLI11_PARSE(app, argc, argv);
  const absl::Status migrated = smallbiznis::Migrate(config_file);
  if (!migrated.ok()) std::cerr << "migrate: " << migrated.message() << "\n";
  return migrated.ok() ? 0 : 1;
}
