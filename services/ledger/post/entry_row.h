// Entries and holds as their rows: the columns that every statement reads, in their order.
#pragma once

#include "absl/status/statusor.h"
#include "pkg/db/copied.h"
#include "pkg/db/rows.h"
#include "services/ledger/book/book.h"

namespace smallbiznis::ledger {

inline constexpr int kEntryColumns = 19;

// DATA_LOSS when the row is none that this program writes.
absl::StatusOr<PostedPtr> EntryFromRow(TenantId tenant, const db::Row& row);
// The same into `posted`, whatever it holds: for those who read many.
absl::Status ReadEntry(TenantId tenant, const db::Copied& row, Posted& posted);

absl::StatusOr<HoldRecord> HoldFromRow(const db::Row& row);

// From rows of begin_at, end_at in their order.
Pauses PausesFromRows(const db::Rows& rows);

// Metadata as a JSON object, and back.
std::string MetadataText(const std::map<std::string, std::string>& metadata);

}  // namespace smallbiznis::ledger
