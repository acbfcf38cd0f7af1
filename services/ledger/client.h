// The ledger as other rooms see it.
#pragma once

#include "pkg/db/tx.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::ledger {

// Thread-safe.
class Client {
 public:
  virtual ~Client() = default;

  // What every tenant's ledger has from the start: the unit POINT. The statement is deferred; doing it again changes
  // nothing.
  virtual void CreateDefaults(db::Tx& tx, TenantId tenant) const = 0;
};

}  // namespace smallbiznis::ledger
