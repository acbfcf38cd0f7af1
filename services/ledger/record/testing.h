// Entries for this room's tests, and for those of rooms that use it.
#pragma once

#include "services/ledger/record/record.h"

namespace smallbiznis::ledger {

inline absl::Time At(int64_t unix_micros) {
  return absl::FromUnixMicros(unix_micros);
}

// Every field set, no kind's rules kept.
inline Entry FullEntry() {
  return {.tenant = TenantId(77),
          .entry_id = 12,
          .kind = EntryKind::kRevert,
          .unit = "POINT",
          .amount = 1500,
          .source = "member:ada",
          .destination = "member:bob",
          .source_balance = 250,
          .destination_balance = -1,
          .reference_id = "order-9",
          .description = "given back",
          .metadata = {{"channel", "pos"}, {"till", "4"}},
          .expires_at = At(1'700'000'000'000'001),
          .reverts = 3,
          .hold = 4,
          .taken = {{.lot = 1, .amount = 1499}, {.lot = 2, .amount = 1}},
          .given = {{.lot = 5, .amount = 1500}},
          .actor = "api_key:5",
          .posted_at = At(1'790'000'000'123'456)};
}

}  // namespace smallbiznis::ledger
