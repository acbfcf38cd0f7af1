#include "pkg/audit/store.h"

#include <optional>
#include <string>

#include "pkg/audit/queries.h"

namespace smallbiznis::audit::store {
namespace {

std::optional<db::Bytes> Digest(const std::string& digest) {
  return digest.empty() ? std::nullopt : std::optional(db::Bytes{digest});
}

}  // namespace

void InsertEvent(db::Tx& tx, int64_t id, absl::Time occurred_at, const Event& event) {
  tx.Defer(sql::kInsertEvent, {event.tenant, id, occurred_at, event.principal, event.method, event.resource,
                               Digest(event.before_digest), Digest(event.after_digest), event.request_id});
}

}  // namespace smallbiznis::audit::store
