// Requests of the ledger's services as domain values, and domain values as their messages. Part of the API layer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/ledger/book/book.h"
#include "services/ledger/book/command.h"
#include "services/ledger/message/api_record.h"
#include "services/ledger/proofs/proof_store.h"
#include "services/ledger/reads.h"
#include "smallbiznis/ledger/v1/ledger.pb.h"
#include "smallbiznis/ledger/v1/proof.pb.h"

namespace smallbiznis::ledger {

// INVALID_ARGUMENT naming every field at fault. What a field of the ledger can be at fault for has a reason of its own
// (LEDGER_AMOUNT_NOT_POSITIVE, ...), which is the error's when it is all that is wrong.
absl::StatusOr<Command> ParseAddEntry(const v1::AddEntryRequest& request);
absl::StatusOr<Command> ParseNewEntry(const v1::NewEntry& entry, std::string_view prefix);
absl::StatusOr<Command> ParseTransfer(const v1::TransferRequest& request);
absl::StatusOr<Command> ParseHold(const v1::HoldRequest& request);

absl::StatusOr<AccountKey> ParseAccount(std::string_view member_id, std::string_view unit);
// "POINT" for "".
absl::StatusOr<std::string> ParseUnit(std::string_view unit);
// The number of an entry, or of a hold.
absl::StatusOr<int64_t> ParseNumber(std::string_view field, std::string_view text);

inline void ToProto(const Posted& posted, v1::Entry& out) {
  ToProto(posted.entry, posted.hash, out);
}
void ToProto(const HoldRecord& hold, v1::Hold& out);
void ToProto(const AccountView& account, v1::Account& out);
void ToProto(const Liability& report, v1::LiabilityReport& out);
void ToProto(const StoredKey& key, v1::SigningKey& out);

}  // namespace smallbiznis::ledger
