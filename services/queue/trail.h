// Who changed what in the queues. Redis cannot commit together with the audit trail, so the row comes first: a change
// without a row cannot be; a row without its change is possible, when Redis or this program fails just then, or the
// task has moved on.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "pkg/audit/audit.h"
#include "pkg/db/pool.h"
#include "pkg/rpc/call.h"

namespace smallbiznis::queue {

// Thread-safe.
class Trail {
 public:
  // The arguments must outlive this.
  Trail(db::Pool& pool, const audit::Audit& audit) : pool_(pool), audit_(audit) {}

  struct Change {
    std::string resource;  // "queues/default/tasks/72"
    std::string before;    // the state as bytes, of which digests are kept; empty: there is none
    std::string after;
  };
  // Committed when it answers OK. The errors are the database's: then the change must not be made.
  absl::Status Add(const rpc::Call& call, const Change& change) const;

 private:
  db::Pool& pool_;
  const audit::Audit& audit_;
};

}  // namespace smallbiznis::queue
