#include "pkg/idempotency/store.h"

#include <utility>

#include "pkg/idempotency/queries.h"
#include "pkg/status/status.h"

namespace smallbiznis::idempotency::store {

void TakeKey(db::Tx& tx, const Key& key, absl::Time now, Taken& taken) {
  tx.DeferQuery(sql::kTakeKey, {key.tenant, key.principal, key.method, key.key, now}, [&taken](const db::Rows& rows) {
    const db::Row row = rows[0];
    taken.busy = row.Bool(0);
    taken.answer = std::nullopt;
    if (!row.IsNull(1)) taken.answer = Taken::Answer{.request_mac = row.Bytes(1), .sealed = row.Bytes(2)};
  });
}

void SaveAnswer(db::Tx& tx, const Key& key, Taken::Answer answer, absl::Time expires_at) {
  tx.Defer(sql::kSaveAnswer, {key.tenant, key.principal, key.method, key.key, db::Bytes{std::move(answer.request_mac)},
                              db::Bytes{std::move(answer.sealed)}, expires_at});
}

absl::StatusOr<int64_t> DeleteExpired(db::Tx& tx, absl::Time now, int limit) {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kDeleteExpired, {now, limit}));
  return rows.affected();
}

}  // namespace smallbiznis::idempotency::store
