// Rules as other rooms see them.
#pragma once

#include "pkg/db/tx.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::rule {

// Thread-safe.
class Client {
 public:
  virtual ~Client() = default;

  // What every tenant has from the start: the head under which its rules are changed. The triggers of the platform are
  // every tenant's without a row. The statement is deferred; doing it again changes nothing.
  virtual void CreateDefaults(db::Tx& tx, TenantId tenant) const = 0;
};

}  // namespace smallbiznis::rule
