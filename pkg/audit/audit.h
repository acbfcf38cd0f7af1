// Who changed what: one append-only row for each mutation, in the mutation's own transaction.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/db/tx.h"
#include "pkg/snowflake/generator.h"

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
  Audit(snowflake::Generator& ids, const clock::Clock& clock) : ids_(ids), clock_(clock) {}

  // Deferred: travels with COMMIT, and a row that cannot be written fails the mutation.
  void Add(db::Tx& tx, const Event& event) const;

 private:
  snowflake::Generator& ids_;
  const clock::Clock& clock_;
};

}  // namespace smallbiznis::audit
