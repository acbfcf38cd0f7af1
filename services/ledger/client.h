// The ledger as other rooms see it.
#pragma once

#include "absl/time/time.h"
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

  // The tenant is suspended from `at` on, and no longer: in between nothing of its members expires, and what is left of
  // every lot and hold is left afterwards. In the transaction that changes the tenant, which waits for a post that is
  // under way. Deferred; ending a pause that was not begun changes nothing.
  virtual void BeginPause(db::Tx& tx, TenantId tenant, absl::Time at) const = 0;
  virtual void EndPause(db::Tx& tx, TenantId tenant, absl::Time at) const = 0;
};

}  // namespace smallbiznis::ledger
