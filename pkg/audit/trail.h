// Reading a trail, and proving that nobody has changed it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/audit/chain.h"
#include "pkg/db/tx.h"

namespace smallbiznis::audit {

// Rows that match all that is set. The tenant's existence is the caller's business; a trail without rows is empty.
struct Listing {
  TenantId tenant;  // none: the platform's own trail
  std::optional<std::string> principal;
  std::optional<std::string> method;
  std::optional<std::string> resource;
  std::optional<absl::Time> not_before;
  std::optional<absl::Time> before;
  std::optional<int64_t> below;  // only rows with smaller numbers
  int limit = 0;
};
// The newest first. RLS shows a transaction the trails of its scope only.
absl::StatusOr<std::vector<Record>> List(db::Tx& tx, const Listing& listing);

// The rows that follow `after`, a number, in their order.
absl::StatusOr<std::vector<Record>> Read(db::Tx& tx, TenantId tenant, int64_t after, int limit);

enum class Flaw {
  kMissing,  // there is no row of this number, and there was
  kChanged,  // the row's hash is not that of its fields and of the row before, or is not the one that the caller knows
  kBeyondHead,  // the row is behind the end of the trail: it did not come in as rows do
};

struct Verdict {
  Point verified;         // everything up to here is as it was written; number 0 when not even `from` is
  bool complete = false;  // that is the whole trail
  struct Bad {
    int64_t number = 0;
    Flaw flaw = Flaw::kMissing;
  };
  std::optional<Bad> bad;  // the first row that is not as it was written
};

// Walks the chain from `from`, a place that the caller trusts, over at most `limit` rows, and says how far it holds.
// Repairs nothing. Who may rewrite every row from one on, and the head, and knows how, is found out only by a `from`
// that was noted before.
absl::StatusOr<Verdict> Verify(db::Tx& tx, TenantId tenant, const Point& from, int64_t limit);

}  // namespace smallbiznis::audit
