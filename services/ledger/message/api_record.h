// Entries and signed heads as messages, and back. Part of the API layer, of the server and of who checks what it sends.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/ledger/record/head.h"
#include "services/ledger/record/pauses.h"
#include "services/ledger/record/record.h"
#include "smallbiznis/ledger/v1/ledger.pb.h"
#include "smallbiznis/ledger/v1/proof.pb.h"

namespace smallbiznis::ledger {

void ToProto(const Entry& entry, const Hash& hash, v1::Entry& out);
void ToProto(const SignedHead& head, v1::TreeHead& out);
void ToProto(const Pause& pause, v1::Pause& out);

// An entry with the hash that the message says it has.
struct SentEntry {
  Entry entry;
  Hash hash{};
};
// INVALID_ARGUMENT naming every field that ToProto does not write so. An empty reference_id is none.
absl::StatusOr<SentEntry> ParseEntry(const v1::Entry& message);

absl::StatusOr<Pause> ParsePause(const v1::Pause& message);

// INVALID_ARGUMENT naming every field at fault, its name behind `prefix`; verifies nothing.
absl::StatusOr<SignedHead> ParseTreeHead(const v1::TreeHead& message, std::string_view prefix);

}  // namespace smallbiznis::ledger
