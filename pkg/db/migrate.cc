#include "pkg/db/migrate.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "pkg/db/connect.h"
#include "pkg/db/error.h"
#include "pkg/db/queries.h"
#include "pkg/db/script.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::db {
namespace {

constexpr absl::Duration kConnectTimeout = absl::Seconds(5);

struct Applied {
  std::string file;
  std::string checksum;
};
using AppliedByNumber = std::map<std::pair<std::string, int>, Applied>;

AppliedByNumber ToApplied(const Rows& rows) {
  AppliedByNumber applied;
  for (const Row row : rows) {
    applied[{std::string(row.Text(0)), row.Int32(1)}] = {std::string(row.Text(2)), std::string(row.Text(3))};
  }
  return applied;
}

absl::Status Refuse(std::string_view reason, const std::string& message) {
  return status::Error(absl::StatusCode::kFailedPrecondition, reason, message);
}

// What the database holds must be what the program knows.
absl::Status CheckApplied(const AppliedByNumber& applied, const Migrations& migrations) {
  std::map<std::pair<std::string, int>, const Migration*> known;
  for (const Migration& migration : migrations) known[{migration.room, migration.number}] = &migration;
  for (const auto& [key, found] : applied) {
    const auto match = known.find(key);
    if (match == known.end()) {
      return Refuse("SCHEMA_AHEAD",
                    fmt::format("the database has {}, which this program does not know: it was migrated "
                                "by a newer program",
                                found.file));
    }
    if (match->second->checksum != found.checksum) {
      return Refuse("MIGRATION_CHANGED",
                    fmt::format("{} has changed since it was applied: restore it and add a new migration instead",
                                match->second->file));
    }
  }
  return absl::OkStatus();
}

const Migration* FirstMissing(const AppliedByNumber& applied, const Migrations& migrations) {
  for (const Migration& migration : migrations) {
    if (!applied.contains({migration.room, migration.number})) return &migration;
  }
  return nullptr;
}

absl::Status Apply(pg_conn* connection, const Migration& migration) {
  RETURN_IF_ERROR(RunStatement(connection, sql::kBegin, {}).status());
  absl::Status result = RunScript(connection, migration.sql).status();
  if (result.ok()) {
    result = RunStatement(connection, sql::kInsertApplied,
                          {migration.room, migration.number, migration.file, migration.checksum})
                 .status();
  }
  if (result.ok()) return RunStatement(connection, sql::kCommit, {}).status();
  absl::Status error(result.code(), fmt::format("{}: {}", migration.file, text::ToStd(result.message())));
  CopySqlState(result, error);
  return error;  // closing the connection rolls back
}

}  // namespace

absl::Status ApplyMigrations(const PoolOptions& owner, const Migrations& migrations,
                             const std::function<void(const Migration&)>& applied) {
  ASSIGN_OR_RETURN(const ConnectionHandle handle, Connect(owner, After(kConnectTimeout)));
  pg_conn* const connection = handle.get();
  // Held until the connection is closed.
  for (const Statement& statement : {sql::kLockMigrations, sql::kCreateMigrateSchema, sql::kGrantMigrateSchema,
                                     sql::kCreateApplied, sql::kGrantApplied}) {
    RETURN_IF_ERROR(RunStatement(connection, statement, {}).status());
  }
  ASSIGN_OR_RETURN(const Rows rows, RunStatement(connection, sql::kListApplied, {}));
  const AppliedByNumber before = ToApplied(rows);
  RETURN_IF_ERROR(CheckApplied(before, migrations));
  for (const Migration& migration : migrations) {
    if (before.contains({migration.room, migration.number})) continue;
    RETURN_IF_ERROR(Apply(connection, migration));
    if (applied) applied(migration);
  }
  return absl::OkStatus();
}

absl::Status CheckMigrations(Pool& pool, const Migrations& migrations) {
  AppliedByNumber applied;
  const absl::Status read = Transact(pool, {.read_only = true}, [&](Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const Rows rows, tx.Query(sql::kListApplied, {}));
    applied = ToApplied(rows);
    return absl::OkStatus();
  });
  // An empty database has neither the schema nor the table.
  const std::string sqlstate = SqlState(read);
  if (!read.ok() && sqlstate != "42P01" && sqlstate != "3F000") return read;
  RETURN_IF_ERROR(CheckApplied(applied, migrations));
  if (const Migration* missing = FirstMissing(applied, migrations)) {
    return Refuse("SCHEMA_BEHIND", fmt::format("the database lacks {}: run migrate", missing->file));
  }
  return absl::OkStatus();
}

}  // namespace smallbiznis::db
