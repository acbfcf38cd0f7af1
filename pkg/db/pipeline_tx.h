// The Tx that Pool::Begin gives out.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "pkg/db/connection.h"
#include "pkg/db/tx.h"

namespace smallbiznis::db {

// A connection on loan: given back when destroyed.
class Loan {
 public:
  virtual ~Loan() = default;
  virtual Connection& connection() = 0;
  // Has served before: the server may have closed it in the meantime.
  virtual bool reused() const = 0;
  // Puts a new connection in the place of a lost one.
  virtual absl::Status Reconnect(Deadline deadline) = 0;
};

class PipelineTx final : public Tx {
 public:
  PipelineTx(std::unique_ptr<Loan> loan, const TxOptions& options, Deadline deadline);
  ~PipelineTx() override;

  absl::StatusOr<Rows> Query(const Statement& statement, std::initializer_list<Param> params) override;
  void Defer(const Statement& statement, std::initializer_list<Param> params, ErrorMap map) override;
  void DeferQuery(const Statement& statement, std::initializer_list<Param> params, Take take) override;
  absl::Status CopyOut(const Statement& statement, Visit visit) override;
  absl::Status Flush() override;
  absl::Status Commit() override;

 private:
  struct Deferred {
    const Statement* statement;
    std::vector<Param> params;
    ErrorMap map;
    Take take;
  };

  // Runs BEGIN if it has not been, what was deferred, and `last`, if any; keeps the first error for good.
  absl::StatusOr<std::optional<Rows>> Run(const std::optional<Step>& last);
  Connection::Outcome RunOnce(const std::vector<Step>& steps, bool commits);
  absl::Status ErrorOf(const Connection::Outcome& outcome, size_t first_deferred) const;

  const std::unique_ptr<Loan> loan_;
  const TxOptions options_;
  const Deadline deadline_;
  const Param scope_[2];
  std::vector<Deferred> deferred_;
  bool begun_ = false;  // BEGIN was sent and neither COMMIT nor ROLLBACK
  bool committed_ = false;
  absl::Status error_;
};

}  // namespace smallbiznis::db
