// The other end of the outbox: a message's effect happens once, however often its task comes.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "pkg/clock/clock.h"
#include "pkg/db/pool.h"
#include "pkg/outbox/store.h"
#include "pkg/snowflake/id.h"
#include "pkg/task/server/handler.h"

namespace smallbiznis::outbox {

// Which message a task stands for.
struct Reference {
  TenantId tenant;
  int64_t id = 0;

  // As a header of the task.
  std::map<std::string, std::string> ToHeaders() const;
  // Nothing when the task does not come from an outbox.
  static std::optional<Reference> From(const std::map<std::string, std::string>& headers);
};

// The effect on the database, in a transaction of the message's tenant (of the platform for a message without one) that
// also marks the message as done. On OK both are committed, on an error neither is.
using Effect = std::function<absl::Status(db::Tx& tx, TenantId tenant, const task::Attempt& attempt)>;

// Makes handlers. Thread-safe; must outlive what it makes.
class Delivery {
 public:
  Delivery(db::Pool& pool, const clock::Clock& clock) : pool_(pool), clock_(clock) {}

  // A message that is done already is not worked on again. When the last attempt fails, or the effect says SkipRetry,
  // the message is parked with the error, and is run again only by an operator.
  task::Handler Once(Effect effect) const;

 private:
  absl::Status Deliver(const Reference& message, const Effect& effect, const task::Attempt& attempt) const;
  absl::Status Park(const Reference& message, const absl::Status& error) const;

  db::Pool& pool_;
  const clock::Clock& clock_;
  Store store_;
};

// Whether this attempt is the last one if it fails with `error`.
bool IsFinal(const task::Attempt& attempt, const absl::Status& error);

}  // namespace smallbiznis::outbox
