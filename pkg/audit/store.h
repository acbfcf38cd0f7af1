// The table audit.events.
#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "pkg/audit/audit.h"
#include "pkg/db/tx.h"

namespace smallbiznis::audit::store {

// Deferred.
void InsertEvent(db::Tx& tx, int64_t id, absl::Time occurred_at, const Event& event);

}  // namespace smallbiznis::audit::store
