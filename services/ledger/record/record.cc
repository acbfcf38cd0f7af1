#include "services/ledger/record/record.h"

#include <cstdlib>

namespace smallbiznis::ledger {

std::string_view Name(EntryKind kind) {
  switch (kind) {
    case EntryKind::kCredit:
      return "CREDIT";
    case EntryKind::kDebit:
      return "DEBIT";
    case EntryKind::kTransfer:
      return "TRANSFER";
    case EntryKind::kHold:
      return "HOLD";
    case EntryKind::kCapture:
      return "CAPTURE";
    case EntryKind::kVoid:
      return "VOID";
    case EntryKind::kExpiry:
      return "EXPIRY";
    case EntryKind::kForfeit:
      return "FORFEIT";
    case EntryKind::kRevert:
      return "REVERT";
  }
  std::abort();
}

std::optional<EntryKind> ParseEntryKind(std::string_view name) {
  for (uint8_t number = 1; number <= static_cast<uint8_t>(EntryKind::kRevert); ++number) {
    if (const auto kind = static_cast<EntryKind>(number); Name(kind) == name) return kind;
  }
  return std::nullopt;
}

}  // namespace smallbiznis::ledger
