// One transaction on one connection, in libpq's pipeline mode: BEGIN and the tenant setting travel with the first
// statement, deferred statements travel with the next one that is waited for, at the latest with COMMIT.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/db/param.h"
#include "pkg/db/rows.h"
#include "pkg/db/statement.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::db {

// Which rows row-level security lets a transaction see and write.
class Scope {
 public:
  static Scope None() { return Scope({}, false); }                       // none
  static Scope Tenant(TenantId tenant) { return Scope(tenant, false); }  // that tenant's
  static Scope Platform() { return Scope({}, true); }                    // every tenant's

  TenantId tenant() const { return tenant_; }
  bool platform() const { return platform_; }

 private:
  Scope(TenantId tenant, bool platform) : tenant_(tenant), platform_(platform) {}
  TenantId tenant_;
  bool platform_;
};

struct TxOptions {
  Scope scope = Scope::None();
  bool read_only = false;
  // Waits for a connection and for every answer end here with DEADLINE_EXCEEDED; a running statement is cancelled.
  absl::Time deadline = absl::InfiniteFuture();
  // Read-only, and all that it reads is of one state of the database.
  bool snapshot = false;
};

// Used by one thread at a time. Destroyed without Commit: rolled back. After an error of a statement every later call
// gives that error again, Commit included.
class Tx {
 public:
  // Turns the error of a deferred statement into the caller's own (constraint to reason).
  using ErrorMap = std::function<absl::Status(const absl::Status&)>;

  virtual ~Tx() = default;

  // Sends what was deferred and this statement, and waits for its rows.
  virtual absl::StatusOr<Rows> Query(const Statement& statement, std::initializer_list<Param> params) = 0;

  // Queues a statement whose rows nobody needs. Its error comes out of the next Query, Flush or Commit, through `map`.
  virtual void Defer(const Statement& statement, std::initializer_list<Param> params, ErrorMap map = nullptr) = 0;

  // The same, for rows that somebody needs: `take` gets them while the next Query, Flush or Commit waits, when
  // everything that was sent with it went well; after an error it is not called. So several reads cost one round trip.
  using Take = std::function<void(const Rows&)>;
  virtual void DeferQuery(const Statement& statement, std::initializer_list<Param> params, Take take) = 0;

  // Sends what was deferred, waits for it, and then hands on the rows of a statement that is
  // `copy (...) to stdout (format binary)` and takes no parameters, as they come: whole rows behind each other, to be
  // read with Copied. `visit` answers false when it wants no more: the connection is closed then, and the transaction
  // of no use any more.
  using Visit = absl::FunctionRef<bool(std::string_view rows)>;
  virtual absl::Status CopyOut(const Statement& statement, Visit visit) = 0;

  // Waits for everything deferred so far.
  virtual absl::Status Flush() = 0;

  // Sends what was deferred and COMMIT in one round trip. Once. UNAVAILABLE with the reason COMMIT_UNKNOWN when the
  // connection was lost after COMMIT was sent.
  virtual absl::Status Commit() = 0;
};

}  // namespace smallbiznis::db
