// The table idempotency.answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/db/tx.h"
#include "pkg/idempotency/idempotency.h"

namespace smallbiznis::idempotency::store {

// Deferred. Holds the key until the transaction ends, unless a twin does.
void TakeKey(db::Tx& tx, const Key& key, absl::Time now, Taken& taken);

// Deferred.
void SaveAnswer(db::Tx& tx, const Key& key, Taken::Answer answer, absl::Time expires_at);

absl::StatusOr<int64_t> DeleteExpired(db::Tx& tx, absl::Time now, int limit);

}  // namespace smallbiznis::idempotency::store
