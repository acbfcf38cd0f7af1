// Who changed what: one append-only row for each mutation, in the mutation's own transaction.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/db/tx.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::audit {

struct Event {
  TenantId tenant;            // whose trail; none: the platform's own
  std::string principal;      // "api_key:72"
  std::string method;         // the RPC's path
  std::string resource;       // "tenants/72"
  std::string before_digest;  // SHA-256 of the state before; empty: there was none
  std::string after_digest;
  std::string request_id;
};

// Thread-safe.
class Audit {
 public:
  // `clock` must outlive this.
  explicit Audit(const clock::Clock& clock) : clock_(clock) {}

  // Deferred: travels with COMMIT, and a row that cannot be written fails the mutation, as INTERNAL with the database's
  // own words; a lost connection, a passed deadline and what is worth another try keep their codes. From then until the
  // end of the transaction nobody else writes to the trail of this tenant, so it is the last thing that a transaction
  // does.
  void Add(db::Tx& tx, const Event& event) const;

 private:
  const clock::Clock& clock_;
};

}  // namespace smallbiznis::audit
