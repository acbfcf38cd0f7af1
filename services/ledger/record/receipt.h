// A receipt: one entry and everything that is needed to check, without the server, that it is in the tenant's ledger as
// it was signed. It is a JSON file that stays good for ever; docs/ledger-format.md describes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/ledger/record/head.h"

namespace smallbiznis::ledger {

// The entry stands at the index entry_id - 1 of the tree of head.head.size entries.
struct Receipt {
  Entry entry;
  Hash previous_hash{};    // of the entry before it, or ChainStart
  Hash entry_hash{};       // follows from the two; it tells a changed entry from a wrong path
  std::vector<Hash> path;  // the inclusion proof
  SignedHead head;

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

// As JSON text. INVALID_ARGUMENT, reason LEDGER_RECEIPT_MALFORMED, when a text is not UTF-8 or a time is not in the
// years 1 to 9999.
absl::StatusOr<std::string> WriteReceipt(const Receipt& receipt);
absl::StatusOr<std::string> WriteHead(const SignedHead& head);

// The inverse; verifies nothing. INVALID_ARGUMENT, reason LEDGER_RECEIPT_MALFORMED, naming the field at fault; a field
// that is missing, unknown, there twice or not written in the one way is an error.
absl::StatusOr<Receipt> ParseReceipt(std::string_view json);
absl::StatusOr<SignedHead> ParseHead(std::string_view json);

// OK when the receipt proves its entry: the entry has that hash, the path leads from it to the head's root, entry and
// head are of one tenant, and the head is signed, by `trusted` where it is given. The first check that fails is an
// INVALID_ARGUMENT whose message begins with its name: "entry: ...", LEDGER_ENTRY_CHANGED; "chain: ...",
// LEDGER_CHAIN_BROKEN; "inclusion: ...", LEDGER_NOT_INCLUDED; "signature: ...", see VerifyHead; "key: ...",
// LEDGER_KEY_NOT_TRUSTED.
absl::Status VerifyReceipt(const Receipt& receipt, const std::optional<crypto::PublicKey>& trusted);

}  // namespace smallbiznis::ledger
