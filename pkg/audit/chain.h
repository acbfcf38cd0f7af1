// The hash chain of a trail: what makes a row that was changed, left out or slipped in show.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "pkg/audit/audit.h"

namespace smallbiznis::audit {

// A row of a trail.
struct Record {
  int64_t number = 0;  // in its trail: 1, 2, 3, ...
  absl::Time occurred_at;
  Event event;
  std::string hash;
};

// A place in a trail: after the row of this number, whose hash this is. Number 0: before the first row.
struct Point {
  int64_t number = 0;
  std::string hash;
};

// SHA-256 over `previous` and every field of `record` but its hash. Each field is its length in four bytes, most
// significant first, and its bytes; one that is not there has the length -1. In this order: the previous hash (empty
// before the first row), tenant, number, microseconds since 2000-01-01 UTC (eight bytes each, most significant first),
// principal, method, resource (UTF-8), before_digest, after_digest, request_id.
// The function audit.append in migrations/0002_chain.sql does the same where rows are written.
std::string HashOf(std::string_view previous, const Record& record);

}  // namespace smallbiznis::audit
