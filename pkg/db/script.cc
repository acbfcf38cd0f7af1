#include "pkg/db/script.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "pkg/db/error.h"
#include "pkg/db/values.h"

namespace smallbiznis::db {
namespace {

std::string Field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text ? text : "";
}

// Where in `sql` the server found the error: it counts characters, from 1.
std::string Place(const PGresult* result, const std::string& sql) {
  const std::string text = Field(result, PG_DIAG_STATEMENT_POSITION);
  size_t position = 0;
  std::from_chars(text.data(), text.data() + text.size(), position);
  if (position == 0) return "";
  int line = 1;
  for (size_t at = 0, character = 1; at < sql.size() && character < position; ++at) {
    if ((sql[at] & 0xC0) != 0x80) ++character;
    if (sql[at] == '\n') ++line;
  }
  return fmt::format("line {}: ", line);
}

absl::StatusOr<Rows> Take(PGresult* result, pg_conn* connection, const std::string& sql) {
  Rows rows(result);
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) return rows;
  const std::string sqlstate = Field(result, PG_DIAG_SQLSTATE);
  if (sqlstate.empty()) return MakeError("08006", "", PQerrorMessage(connection));
  return MakeError(sqlstate, Field(result, PG_DIAG_CONSTRAINT_NAME),
                   Place(result, sql) + Field(result, PG_DIAG_MESSAGE_PRIMARY));
}

}  // namespace

absl::StatusOr<Rows> RunScript(pg_conn* connection, const std::string& sql) {
  return Take(PQexec(connection, sql.c_str()), connection, sql);
}

absl::StatusOr<Rows> RunStatement(pg_conn* connection, const Statement& statement,
                                  std::initializer_list<Param> params) {
  Values values;
  values.Set(params);
  return Take(PQexecParams(connection, statement.sql, static_cast<int>(params.size()), nullptr, values.data(),
                           values.lengths(), values.formats(), 0),
              connection, statement.sql);
}

}  // namespace smallbiznis::db
