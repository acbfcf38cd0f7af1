// Schema migrations: numbered SQL files of the rooms, compiled in (migrations.h), applied in order under an advisory
// lock.
#pragma once

#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "pkg/db/pool.h"

namespace smallbiznis::db {

// One file. Applied in its own transaction and recorded in `migrate.applied` with its checksum.
struct Migration {
  const char* room;  // "tenant"
  int number;        // 1, 2, ... without gaps in a room
  const char* file;  // "services/tenant/migrations/0001_tenants.sql", for messages
  const char* sql;
  const char* checksum;  // SHA-256 of the file, hex
};

// The migrations of a program: rooms in the order in which they are to be applied.
using Migrations = std::vector<Migration>;

// JoinMigrations(db::kMigrations, tenant::kMigrations)
template <class... Arrays>
Migrations JoinMigrations(const Arrays&... arrays) {
  Migrations all;
  (all.insert(all.end(), std::begin(arrays), std::end(arrays)), ...);
  return all;
}

// Applies what is missing, as the owner role. Two processes may call this at once: one waits for the other.
// FAILED_PRECONDITION, naming the file, when an applied file has changed (reason MIGRATION_CHANGED) or the database
// holds one that the program does not know (reason SCHEMA_AHEAD).
absl::Status ApplyMigrations(const PoolOptions& owner, const Migrations& migrations,
                             const std::function<void(const Migration&)>& applied);

// What a program does before it serves: FAILED_PRECONDITION naming the first file that is missing (SCHEMA_BEHIND),
// changed (MIGRATION_CHANGED) or unknown (SCHEMA_AHEAD).
absl::Status CheckMigrations(Pool& pool, const Migrations& migrations);

}  // namespace smallbiznis::db
