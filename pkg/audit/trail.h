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

// What rows must match: all that is set.
struct Filter {
  std::optional<std::string> principal;
  std::optional<std::string> method;
  std::optional<std::string> resource;
  std::optional<absl::Time> not_before;
  std::optional<absl::Time> before;
};

// A row and the hash of the one before it, so that HashOf can be compared. Empty for the first, and when that is
// missing.
struct Linked {
  Record record;
  std::string previous_hash;
};

// The tenant's existence is the caller's business; a trail without rows is empty. RLS shows a transaction the trails of
// its scope only.
struct Listing {
  TenantId tenant;  // none: the platform's own trail
  Filter filter;
  std::optional<int64_t> below;  // only rows with smaller numbers
  int limit = 0;
};
// The newest first.
absl::StatusOr<std::vector<Linked>> List(db::Tx& tx, const Listing& listing);

struct Excerpt {
  TenantId tenant;
  Filter filter;
  int64_t after = 0;  // only rows with larger numbers
  int64_t up_to = 0;  // and none beyond this one
  int limit = 0;
};
// In their order.
absl::StatusOr<std::vector<Linked>> Export(db::Tx& tx, const Excerpt& excerpt);

// The last row; number 0 for a trail without rows. All up to it can be seen from then on.
absl::StatusOr<Point> Head(db::Tx& tx, TenantId tenant);

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
