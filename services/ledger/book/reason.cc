#include "services/ledger/book/reason.h"

#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "pkg/status/status.h"

namespace smallbiznis::ledger {
namespace {

status::Meaning MeaningOf(Reason reason) {
  using absl::StatusCode;
  switch (reason) {
    case Reason::kUnitUnknown:
      return {"LEDGER_UNIT_UNKNOWN", StatusCode::kFailedPrecondition, "the tenant's ledger has no such unit"};
    case Reason::kUnitExists:
      return {"LEDGER_UNIT_EXISTS", StatusCode::kAlreadyExists, "the tenant's ledger has this unit already"};
    case Reason::kAmountNotPositive:
      return {"LEDGER_AMOUNT_NOT_POSITIVE", StatusCode::kInvalidArgument, "an amount must be above 0"};
    case Reason::kAmountTooLarge:
      return {"LEDGER_AMOUNT_TOO_LARGE", StatusCode::kOutOfRange,
              "a balance would leave the numbers that the ledger can hold"};
    case Reason::kExpiryNotInFuture:
      return {"LEDGER_EXPIRY_NOT_IN_FUTURE", StatusCode::kInvalidArgument, "an expiry must be in the future"};
    case Reason::kReferenceTooLong:
      return {"LEDGER_REFERENCE_TOO_LONG", StatusCode::kInvalidArgument, "the reference is too long"};
    case Reason::kMetadataTooLarge:
      return {"LEDGER_METADATA_TOO_LARGE", StatusCode::kInvalidArgument, "the metadata is too large"};
    case Reason::kMetadataTooManyKeys:
      return {"LEDGER_METADATA_TOO_MANY_KEYS", StatusCode::kInvalidArgument, "the metadata has too many keys"};
    case Reason::kReferenceConflict:
      return {"LEDGER_REFERENCE_CONFLICT", StatusCode::kAlreadyExists,
              "this reference names an entry with other content"};
    case Reason::kInsufficientBalance:
      return {"LEDGER_INSUFFICIENT_BALANCE", StatusCode::kFailedPrecondition, "less is available than asked for"};
    case Reason::kTransferToSelf:
      return {"LEDGER_TRANSFER_TO_SELF", StatusCode::kInvalidArgument, "a transfer needs two members"};
    case Reason::kAccountClosed:
      return {"LEDGER_ACCOUNT_CLOSED", StatusCode::kFailedPrecondition, "the account is closed"};
    case Reason::kAccountNotEmpty:
      return {"LEDGER_ACCOUNT_NOT_EMPTY", StatusCode::kFailedPrecondition, "the account is not empty"};
    case Reason::kEntryNotFound:
      return {"LEDGER_ENTRY_NOT_FOUND", StatusCode::kNotFound, "there is no such entry"};
    case Reason::kEntryAlreadyReverted:
      return {"LEDGER_ENTRY_ALREADY_REVERTED", StatusCode::kFailedPrecondition, "the entry has been reverted"};
    case Reason::kRevertOfRevert:
      return {"LEDGER_REVERT_OF_REVERT", StatusCode::kFailedPrecondition, "a revert cannot be reverted; post anew"};
    case Reason::kEntryNotRevertible:
      return {"LEDGER_ENTRY_NOT_REVERTIBLE", StatusCode::kFailedPrecondition,
              "only credits, debits, transfers and captures can be reverted"};
    case Reason::kHoldNotFound:
      return {"LEDGER_HOLD_NOT_FOUND", StatusCode::kNotFound, "there is no such hold"};
    case Reason::kHoldCaptured:
      return {"LEDGER_HOLD_CAPTURED", StatusCode::kFailedPrecondition, "the hold has been captured"};
    case Reason::kHoldVoided:
      return {"LEDGER_HOLD_VOIDED", StatusCode::kFailedPrecondition, "the hold has been voided"};
    case Reason::kHoldExpired:
      return {"LEDGER_HOLD_EXPIRED", StatusCode::kFailedPrecondition, "the hold has expired"};
    case Reason::kCaptureExceedsHold:
      return {"LEDGER_CAPTURE_EXCEEDS_HOLD", StatusCode::kFailedPrecondition, "more cannot be captured than is held"};
    case Reason::kTooManyHolds:
      return {"LEDGER_TOO_MANY_HOLDS", StatusCode::kResourceExhausted, "the account has too many open holds"};
    case Reason::kLedgerBusy:
      return {"LEDGER_BUSY", StatusCode::kResourceExhausted, "too many posts of this tenant wait; try again"};
    case Reason::kBatchRefused:
      return {"LEDGER_BATCH_REFUSED", StatusCode::kAborted, "not posted: another row of the request was refused"};
  }
  std::abort();
}

}  // namespace

std::string_view Name(Reason reason) {
  return MeaningOf(reason).reason;
}

absl::Status Error(Reason reason) {
  return status::Error(MeaningOf(reason));
}

absl::Status Error(Reason reason, std::string_view message) {
  return status::Error(MeaningOf(reason), message);
}

absl::Status FieldError(Reason reason, std::string_view field, std::string_view problem) {
  return status::WithFields(Error(reason, fmt::format("{}: {}", field, problem)),
                            {{std::string(field), std::string(problem)}});
}

}  // namespace smallbiznis::ledger
