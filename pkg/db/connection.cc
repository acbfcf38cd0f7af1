#include "pkg/db/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "pkg/db/error.h"
#include "pkg/db/fatal.h"
#include "pkg/db/values.h"
#include "pkg/status/status.h"

namespace smallbiznis::db {
namespace {

// How long the server may take to say what became of a statement after it was asked to cancel it.
constexpr absl::Duration kCancelGrace = absl::Milliseconds(500);
// How long ROLLBACK may wait for room in the socket's buffer.
constexpr absl::Duration kFlushGrace = absl::Milliseconds(200);

// What stands before the first row of a copy, and behind the last one.
constexpr size_t kCopyHeader = 19;
constexpr std::string_view kCopyEnd("\xff\xff", 2);

std::string Field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text ? text : "";
}

absl::Status LostError(std::string_view words) {
  absl::Status error =
      status::Error(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE",
                    fmt::format("the connection to PostgreSQL was lost{}{}", words.empty() ? "" : ": ", words));
  CopySqlState(MakeError("08006", "", ""), error);
  return error;
}

absl::Status DeadlineError() {
  return MakeError("57014", "", "the deadline passed while the database was working");
}

// libpq hands text parameters on as C strings: a NUL would cut them off without a word.
bool HasNul(const Param& param) {
  return param.value() && !param.binary() && param.value()->find('\0') != std::string::npos;
}

}  // namespace

void Connection::Clear::operator()(pg_result* result) const {
  PQclear(result);
}

Connection::Connection(ConnectionHandle handle, Canceller& canceller)
    : handle_(std::move(handle)), canceller_(canceller) {
  if (PQenterPipelineMode(handle_.get()) != 1) broken_ = true;
}

Connection::Outcome Connection::Run(std::span<const Step> steps, Deadline deadline) {
  Outcome outcome;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (std::any_of(steps[i].params.begin(), steps[i].params.end(), HasNul)) {
      outcome.error = MakeError("22021", "", "text contains a NUL character");
      outcome.step = i;
      return outcome;
    }
  }
  std::vector<Sent> sent;
  sent.reserve(2 * steps.size());
  outcome.error = Send(steps, sent);
  if (!outcome.error.ok()) {
    outcome.lost = broken_ = true;
    return outcome;
  }
  if (const Arrival arrival = SkipUnwatched(deadline); arrival != Arrival::kResult) {
    Lose(arrival, outcome);
  } else {
    Read(steps, sent, deadline, outcome);
  }
  return outcome;
}

absl::StatusOr<bool> Connection::CopyOut(const Statement& statement, absl::FunctionRef<bool(std::string_view)> visit,
                                         Deadline deadline) {
  // Usable again only when all has gone well: there is no telling the rows that are still to come from other answers.
  broken_ = true;
  if (const Arrival arrival = SkipUnwatched(deadline); arrival != Arrival::kResult) return CopyError(arrival, nullptr);
  if (PQexitPipelineMode(handle_.get()) != 1 || PQsendQuery(handle_.get(), statement.sql) != 1) {
    return CopyError(Arrival::kLost, nullptr);
  }
  ASSIGN_OR_RETURN(const bool whole, ReadCopy(visit, deadline));
  if (whole) broken_ = PQenterPipelineMode(handle_.get()) != 1;
  return whole;
}

absl::StatusOr<bool> Connection::ReadCopy(absl::FunctionRef<bool(std::string_view)> visit, Deadline deadline) {
  PGconn* const connection = handle_.get();
  for (;;) {
    if (const Arrival arrival = Await(deadline); arrival != Arrival::kResult) return CopyError(arrival, nullptr);
    const Result result(PQgetResult(connection));
    if (!result) return true;
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) continue;
    if (PQresultStatus(result.get()) != PGRES_COPY_OUT) return CopyError(Arrival::kResult, result.get());
    size_t skip = kCopyHeader;
    for (char* data = nullptr;;) {
      const int length = PQgetCopyData(connection, &data, /*async=*/1);
      if (length == -1) break;
      if (length == -2) return CopyError(Arrival::kLost, nullptr);
      if (length == 0) {
        if (WaitFor(PQsocket(connection), true, false, deadline) == Wait::kTimeout) {
          return CopyError(Arrival::kTimeout, nullptr);
        }
        if (PQconsumeInput(connection) != 1) return CopyError(Arrival::kLost, nullptr);
        continue;
      }
      const std::unique_ptr<char, decltype(&PQfreemem)> owned(data, &PQfreemem);
      const std::string_view rows = std::string_view(data, static_cast<size_t>(length)).substr(std::exchange(skip, 0));
      if (rows != kCopyEnd && !rows.empty() && !visit(rows)) return false;
    }
  }
}

absl::Status Connection::CopyError(Arrival arrival, const pg_result* result) {
  if (arrival == Arrival::kTimeout) {
    canceller_.Cancel(handle_.get());
    return DeadlineError();
  }
  const std::string sqlstate = result ? Field(result, PG_DIAG_SQLSTATE) : "";
  if (sqlstate.empty()) return LostError(FirstLine(PQerrorMessage(handle_.get())));
  return MakeError(sqlstate, Field(result, PG_DIAG_CONSTRAINT_NAME), Field(result, PG_DIAG_MESSAGE_PRIMARY));
}

void Connection::RunUnwatched(const Step& step) {
  std::vector<Sent> sent;
  if (broken_ || !Send({&step, 1}, sent).ok()) {
    broken_ = true;
    return;
  }
  if (sent.front().kind == Kind::kPrepare) prepared_.emplace(step.statement->name, step.statement->sql);
  ++unwatched_;
  const Deadline deadline = After(kFlushGrace);
  int left = PQflush(handle_.get());
  while (left == 1 && WaitFor(PQsocket(handle_.get()), false, true, deadline) == Wait::kReady) {
    left = PQflush(handle_.get());
  }
  if (left != 0) broken_ = true;
}

bool Connection::Usable() {
  PGconn* const connection = handle_.get();
  if (broken_ || cancelled_ || PQstatus(connection) != CONNECTION_OK) return false;
  if (WaitFor(PQsocket(connection), true, false, Deadline()) == Wait::kReady) {
    if (PQconsumeInput(connection) != 1) return false;
    PQisBusy(connection);  // takes in what has been read, also what nobody asked for
  }
  while (unwatched_ > 0 && PQisBusy(connection) == 0) {
    if (SkipUnwatched(Deadline()) == Arrival::kLost) return false;
  }
  if (PQstatus(connection) != CONNECTION_OK || broken_) return false;
  return unwatched_ > 0 || PQtransactionStatus(connection) == PQTRANS_IDLE;
}

absl::Status Connection::Send(std::span<const Step> steps, std::vector<Sent>& sent) {
  Values values;
  for (size_t i = 0; i < steps.size(); ++i) {
    const auto& [statement, params] = steps[i];
    if (static_cast<int>(params.size()) != statement->params) {
      Fatal(fmt::format("{} takes {} parameters, not {}", statement->name, statement->params, params.size()));
    }
    values.Set(params);
    if (!Prepare(steps, i, sent) || PQsendQueryPrepared(handle_.get(), statement->name, statement->params,
                                                        values.data(), values.lengths(), values.formats(), 0) != 1) {
      return LostError(FirstLine(PQerrorMessage(handle_.get())));
    }
    sent.push_back({Kind::kExecute, i});
  }
  if (PQpipelineSync(handle_.get()) != 1) return LostError(FirstLine(PQerrorMessage(handle_.get())));
  return absl::OkStatus();
}

bool Connection::Prepare(std::span<const Step> steps, size_t index, std::vector<Sent>& sent) {
  const Statement& statement = *steps[index].statement;
  const std::string_view name = statement.name;
  if (const auto known = prepared_.find(name); known != prepared_.end()) {
    if (known->second != statement.sql && std::strcmp(known->second, statement.sql) != 0) {
      Fatal(fmt::format("two statements are called {}", name));
    }
    return true;
  }
  const bool on_its_way = std::any_of(sent.begin(), sent.end(), [&](const Sent& other) {
    return other.kind == Kind::kPrepare && steps[other.step].statement->name == name;
  });
  if (on_its_way) return true;
  sent.push_back({Kind::kPrepare, index});
  return PQsendPrepare(handle_.get(), statement.name, statement.sql, 0, nullptr) == 1;
}

Connection::Arrival Connection::Await(Deadline deadline) {
  PGconn* const connection = handle_.get();
  while (PQisBusy(connection) != 0) {
    if (PQstatus(connection) != CONNECTION_OK) return Arrival::kLost;
    // When writing fails there may still be something to read: the server's reason.
    const int left = PQflush(connection);
    if (WaitFor(PQsocket(connection), true, left == 1, deadline) == Wait::kTimeout) return Arrival::kTimeout;
    if (PQconsumeInput(connection) != 1) return PQisBusy(connection) != 0 ? Arrival::kLost : Arrival::kResult;
  }
  return Arrival::kResult;
}

Connection::Arrival Connection::SkipUnwatched(Deadline deadline) {
  int empty = 0;
  while (unwatched_ > 0) {
    if (const Arrival arrival = Await(deadline); arrival != Arrival::kResult) return arrival;
    const Result result(PQgetResult(handle_.get()));
    empty = result ? 0 : empty + 1;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_PIPELINE_SYNC) --unwatched_;
    if (empty > 1 || (result && status == PGRES_FATAL_ERROR)) {
      broken_ = true;
      return Arrival::kLost;
    }
  }
  return Arrival::kResult;
}

void Connection::Read(std::span<const Step> steps, std::span<const Sent> sent, Deadline deadline, Outcome& outcome) {
  size_t at = 0;
  while (true) {
    if (const Arrival arrival = Await(deadline); arrival == Arrival::kTimeout && !cancelled_) {
      cancelled_ = true;
      canceller_.Cancel(handle_.get());
      deadline = After(kCancelGrace);
      continue;
    } else if (arrival != Arrival::kResult) {
      return Lose(arrival, outcome);
    }
    Result result(PQgetResult(handle_.get()));
    if (!result) {
      if (++at > sent.size()) return Lose(Arrival::kLost, outcome);
      continue;
    }
    if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) return;
    if (at == sent.size()) return Lose(Arrival::kLost, outcome);
    if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
      if (!outcome.step && !outcome.lost) Fail(result.get(), sent[at].step, outcome);
      if (outcome.lost) return;
    } else if (PQresultStatus(result.get()) != PGRES_PIPELINE_ABORTED) {
      Take(std::move(result), steps, sent[at], outcome);
    }
  }
}

void Connection::Take(Result result, std::span<const Step> steps, const Sent& sent, Outcome& outcome) {
  const Statement& statement = *steps[sent.step].statement;
  switch (sent.kind) {
    case Kind::kPrepare:
      prepared_.emplace(statement.name, statement.sql);
      return;
    case Kind::kExecute:
      outcome.done = sent.step + 1;
      outcome.rows.emplace_back(result.release());
      return;
  }
}

void Connection::Fail(pg_result* result, size_t step, Outcome& outcome) {
  const std::string sqlstate = Field(result, PG_DIAG_SQLSTATE);
  const std::string severity = Field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  const std::string words = Field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (sqlstate.empty() || severity == "FATAL" || severity == "PANIC") {
    broken_ = outcome.lost = true;
    outcome.error = LostError(words.empty() ? FirstLine(PQresultErrorMessage(result)) : words);
    return;
  }
  // A plan whose table has changed, or a statement that somebody has deallocated: another connection prepares afresh.
  if (sqlstate == "0A000" || sqlstate == "26000") broken_ = true;
  outcome.step = step;
  outcome.error = cancelled_ && sqlstate == "57014"
                      ? DeadlineError()
                      : MakeError(sqlstate, Field(result, PG_DIAG_CONSTRAINT_NAME), words);
}

void Connection::Lose(Arrival arrival, Outcome& outcome) {
  broken_ = outcome.lost = true;
  outcome.rows.clear();
  if (outcome.step) return;  // what the server said before counts
  outcome.error = arrival == Arrival::kTimeout ? DeadlineError() : LostError(FirstLine(PQerrorMessage(handle_.get())));
}

}  // namespace smallbiznis::db
