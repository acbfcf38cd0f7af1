#include "pkg/db/pipeline_tx.h"

#include <utility>

#include "pkg/db/error.h"
#include "pkg/db/fatal.h"
#include "pkg/db/queries.h"
#include "pkg/status/status.h"

namespace smallbiznis::db {
namespace {

Param TenantParam(TenantId tenant) {
  return tenant ? Param(tenant) : Param("");
}

absl::Status CommitUnknown(const absl::Status& cause) {
  absl::Status error = status::Error(cause.code(), "COMMIT_UNKNOWN",
                                     "the answer to COMMIT was lost: the transaction may or may not have happened");
  CopySqlState(cause, error);
  return error;
}

}  // namespace

PipelineTx::PipelineTx(std::unique_ptr<Loan> loan, const TxOptions& options, Deadline deadline)
    : loan_(std::move(loan)),
      options_(options),
      deadline_(deadline),
      scope_{TenantParam(options.scope.tenant()), Param(options.scope.platform() ? "on" : "")} {}

PipelineTx::~PipelineTx() {
  // Not waited for: its answer is skipped by whoever uses the connection next.
  if (begun_) loan_->connection().RunUnwatched({&sql::kRollback, {}});
}

absl::StatusOr<Rows> PipelineTx::Query(const Statement& statement, std::initializer_list<Param> params) {
  ASSIGN_OR_RETURN(std::optional<Rows> rows, Run(Step{&statement, {params.begin(), params.size()}}));
  return *std::move(rows);
}

void PipelineTx::Defer(const Statement& statement, std::initializer_list<Param> params, ErrorMap map) {
  if (error_.ok()) deferred_.push_back({&statement, params, std::move(map), nullptr});
}

void PipelineTx::DeferQuery(const Statement& statement, std::initializer_list<Param> params, Take take) {
  if (error_.ok()) deferred_.push_back({&statement, params, nullptr, std::move(take)});
}

absl::Status PipelineTx::CopyOut(const Statement& statement, Visit visit) {
  RETURN_IF_ERROR(Run(std::nullopt).status());
  absl::StatusOr<bool> whole = loan_->connection().CopyOut(statement, visit, deadline_);
  if (whole.ok() && *whole) return absl::OkStatus();
  error_ = whole.ok() ? absl::CancelledError("a copy was not read to its end") : whole.status();
  return whole.status();
}

absl::Status PipelineTx::Flush() {
  if (deferred_.empty() || !error_.ok()) return error_;
  return Run(std::nullopt).status();
}

absl::Status PipelineTx::Commit() {
  RETURN_IF_ERROR(error_);
  if (committed_) Fatal("a transaction was committed twice");
  if (deferred_.empty() && !begun_) {
    committed_ = true;
    return absl::OkStatus();
  }
  if (deferred_.empty() && options_.read_only) {
    // Nothing was written, so nothing can fail any more and nobody needs to wait.
    loan_->connection().RunUnwatched({&sql::kCommit, {}});
    begun_ = false;
  } else {
    RETURN_IF_ERROR(Run(Step{&sql::kCommit, {}}).status());
  }
  committed_ = true;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Rows>> PipelineTx::Run(const std::optional<Step>& last) {
  RETURN_IF_ERROR(error_);
  if (committed_) Fatal("a statement after COMMIT");
  std::vector<Step> steps;
  steps.reserve(deferred_.size() + 3);
  if (!begun_) {
    steps.push_back({options_.snapshot    ? &sql::kBeginSnapshot
                     : options_.read_only ? &sql::kBeginReadOnly
                                          : &sql::kBegin,
                     {}});
    // Without a scope both settings stay unset, which lets no rows through.
    if (options_.scope.tenant() || options_.scope.platform()) steps.push_back({&sql::kSetScope, scope_});
  }
  const size_t first_deferred = steps.size();
  for (const Deferred& each : deferred_) steps.push_back({each.statement, each.params});
  if (last) steps.push_back(*last);

  const bool commits = last && last->statement == &sql::kCommit;
  Connection::Outcome outcome = RunOnce(steps, commits);
  if (commits && outcome.done == steps.size()) {
    begun_ = false;
  } else if (!outcome.error.ok()) {
    error_ = commits && outcome.lost && !outcome.step ? CommitUnknown(outcome.error) : ErrorOf(outcome, first_deferred);
    begun_ = begun_ && !outcome.lost;
    deferred_.clear();
    return error_;
  }
  const std::vector<Deferred> carried_out = std::exchange(deferred_, {});
  for (size_t i = 0; i < carried_out.size(); ++i) {
    if (carried_out[i].take) carried_out[i].take(outcome.rows[first_deferred + i]);
  }
  if (outcome.rows.empty()) return std::nullopt;
  return std::move(outcome.rows.back());
}

Connection::Outcome PipelineTx::RunOnce(const std::vector<Step>& steps, bool commits) {
  const bool first = !begun_;
  Connection::Outcome outcome = loan_->connection().Run(steps, deadline_);
  begun_ = true;
  // The server had closed an idle connection: nothing of this transaction has happened yet.
  const bool stale = outcome.lost && !outcome.step && outcome.error.code() == absl::StatusCode::kUnavailable;
  if (!stale || !first || commits || !loan_->reused()) return outcome;
  if (absl::Status error = loan_->Reconnect(deadline_); !error.ok()) {
    outcome.error = std::move(error);
    return outcome;
  }
  return loan_->connection().Run(steps, deadline_);
}

absl::Status PipelineTx::ErrorOf(const Connection::Outcome& outcome, size_t first_deferred) const {
  if (!outcome.step || *outcome.step < first_deferred || IsRetryable(outcome.error)) return outcome.error;
  const size_t index = *outcome.step - first_deferred;
  if (index >= deferred_.size() || !deferred_[index].map) return outcome.error;
  absl::Status mapped = deferred_[index].map(outcome.error);
  return mapped.ok() ? outcome.error : mapped;
}

}  // namespace smallbiznis::db
