// The tables audit.events and audit.heads.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/audit/trail.h"
#include "pkg/db/tx.h"

namespace smallbiznis::audit::store {

// Deferred.
void AppendEvent(db::Tx& tx, absl::Time occurred_at, const Event& event);

absl::StatusOr<std::vector<Linked>> ListEvents(db::Tx& tx, const Listing& listing);
absl::StatusOr<std::vector<Linked>> ExportEvents(db::Tx& tx, const Excerpt& excerpt);
// The rows that follow `after`, a number, in their order.
absl::StatusOr<std::vector<Record>> ReadEvents(db::Tx& tx, TenantId tenant, int64_t after, int limit);
// Number 0 for a trail without rows.
absl::StatusOr<Point> ReadHead(db::Tx& tx, TenantId tenant);

}  // namespace smallbiznis::audit::store
