// What goes along with a caller's posts in their transaction, and may be answered without them.
#pragma once

#include "absl/status/status.h"
#include "pkg/db/tx.h"

namespace smallbiznis::ledger {

struct Request;

// Called by whoever leads the tenant's lane, until the request is answered. Begin, MayPost and End come in this
// order for each attempt of the batch; an attempt may end after any of them.
class Companion {
 public:
  virtual ~Companion() = default;

  // Under the chain's lock, before anything is posted. Defers what it must know.
  virtual void Begin(db::Tx& tx) = 0;
  // Once that has come. An error refuses the request, and nothing of it is posted.
  virtual absl::Status MayPost() = 0;
  // The request has its results, and what the batch changed is deferred. What this adds is committed with it; an error
  // fails the batch.
  virtual absl::Status End(db::Tx& tx, const Request& request) = 0;
  // The batch was not committed: what End did is undone, and the results are its error.
  virtual void Undo() = 0;
};

}  // namespace smallbiznis::ledger
