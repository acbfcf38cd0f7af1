// Applies the migrations of every room, as the owner role: DATABASE_USER=smallbiznis_owner migrate --config FILE
#include <CLI/CLI.hpp>
#include <iostream>

#include "cmd/migrations.h"
#include "pkg/config/config.h"
#include "pkg/host/module.h"

int main(int argc, char** argv) {
  using namespace smallbiznis;
  std::string config_file;
  CLI::App app("Brings the database's schema up to this program's.", "migrate");
  app.add_option("--config", config_file, "YAML file of settings; the environment wins over it");
  CLI11_PARSE(app, argc, argv);

  const absl::StatusOr<config::Config> config = config::LoadConfig(config_file);
  if (!config.ok()) {
    std::cerr << "migrate: " << config.status().message() << "\n";
    return 1;
  }
  int applied = 0;
  const absl::Status status =
      db::ApplyMigrations(host::DatabaseOptions(*config), AllMigrations(), [&](const db::Migration& migration) {
        ++applied;
        std::cout << "applied " << migration.file << "\n";
      });
  if (!status.ok()) {
    std::cerr << "migrate: " << status.message() << "\n";
    return 1;
  }
  if (applied == 0) std::cout << "schema is up to date\n";
  return 0;
}
