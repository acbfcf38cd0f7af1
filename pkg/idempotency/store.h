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

struct Answer {
  std::string request_digest;
  std::string sealed;
};

struct Taken {
  bool busy = false;             // a twin holds the key
  std::optional<Answer> answer;  // stored and not expired
};

// Holds the key until the transaction ends, unless a twin does.
absl::StatusOr<Taken> TakeKey(db::Tx& tx, const Key& key, absl::Time now);

// Deferred.
void SaveAnswer(db::Tx& tx, const Key& key, Answer answer, absl::Time expires_at);

absl::StatusOr<int64_t> DeleteExpired(db::Tx& tx, absl::Time now, int limit);

}  // namespace smallbiznis::idempotency::store
