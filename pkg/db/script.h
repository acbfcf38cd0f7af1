// Plain, waiting SQL on a connection outside of the pool: migrations and tests. Scripts may hold several statements.
#pragma once

#include <initializer_list>
#include <string>

#include "absl/status/statusor.h"
#include "pkg/db/param.h"
#include "pkg/db/rows.h"
#include "pkg/db/statement.h"

struct pg_conn;

namespace smallbiznis::db {

// The rows of the last statement. The error of a script tells the line that the server complains about.
absl::StatusOr<Rows> RunScript(pg_conn* connection, const std::string& sql);
absl::StatusOr<Rows> RunStatement(pg_conn* connection, const Statement& statement, std::initializer_list<Param> params);

}  // namespace smallbiznis::db
