// Database errors as absl::Status. SQLSTATE and constraint name travel with the status, so that a store can turn a
// violated constraint into a reason.
//
//   23505 unique -> ALREADY_EXISTS        23503 foreign key -> FAILED_PRECONDITION   23514, 22xxx -> INVALID_ARGUMENT
//   40001, 40P01, 55P03 -> ABORTED        57014, own time-out -> DEADLINE_EXCEEDED   42501 -> PERMISSION_DENIED
//   08xxx, 57P0x, lost connection -> UNAVAILABLE    53xxx -> RESOURCE_EXHAUSTED      everything else -> INTERNAL
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace smallbiznis::db {

absl::Status MakeError(std::string_view sqlstate, std::string_view constraint, std::string_view message);

// Empty when `error` is not from the database.
std::string SqlState(const absl::Status& error);
// The violated constraint; empty when there is none.
std::string Constraint(const absl::Status& error);
// Gives `to` the SQLSTATE and constraint of `from`, so that an error which a store has put in its own words can still
// be recognized.
void CopySqlState(const absl::Status& from, absl::Status& to);
// Serialization failure or deadlock: the same transaction may succeed when run again.
bool IsRetryable(const absl::Status& error);

}  // namespace smallbiznis::db
