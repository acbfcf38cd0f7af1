// Why a call to the ledger failed, for programs. The names go over the wire: never change one.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace smallbiznis::ledger {

enum class Reason {
  kUnitUnknown,           // FAILED_PRECONDITION: the tenant has no such unit
  kUnitExists,            // ALREADY_EXISTS
  kAmountNotPositive,     // INVALID_ARGUMENT, naming the field
  kAmountTooLarge,        // OUT_OF_RANGE: a balance would leave the numbers that the ledger can hold
  kExpiryNotInFuture,     // INVALID_ARGUMENT, naming the field
  kReferenceTooLong,      // INVALID_ARGUMENT, naming the field
  kMetadataTooLarge,      // INVALID_ARGUMENT, naming the field
  kMetadataTooManyKeys,   // INVALID_ARGUMENT, naming the field
  kReferenceConflict,     // ALREADY_EXISTS: the reference names an entry of other content
  kInsufficientBalance,   // FAILED_PRECONDITION: less is available than asked for
  kTransferToSelf,        // INVALID_ARGUMENT
  kAccountClosed,         // FAILED_PRECONDITION
  kAccountNotEmpty,       // FAILED_PRECONDITION: points, or points on hold, are left in it
  kEntryNotFound,         // NOT_FOUND
  kEntryAlreadyReverted,  // FAILED_PRECONDITION
  kRevertOfRevert,        // FAILED_PRECONDITION
  kEntryNotRevertible,    // FAILED_PRECONDITION: an entry of a kind that cannot be taken back
  kHoldNotFound,          // NOT_FOUND
  kHoldCaptured,          // FAILED_PRECONDITION: the hold has ended by a capture
  kHoldVoided,            // FAILED_PRECONDITION
  kHoldExpired,           // FAILED_PRECONDITION
  kCaptureExceedsHold,    // FAILED_PRECONDITION
  kTooManyHolds,          // RESOURCE_EXHAUSTED: the account has as many open holds as it may have
  kLedgerBusy,            // RESOURCE_EXHAUSTED: too many posts of this tenant wait
  kBatchRefused,          // ABORTED: another row of the same all-or-nothing request was refused
};

std::string_view Name(Reason reason);  // "LEDGER_INSUFFICIENT_BALANCE"
absl::Status Error(Reason reason);
// With a message of its own, in place of the reason's.
absl::Status Error(Reason reason, std::string_view message);
// Naming the field at fault, and what is wrong with it.
absl::Status FieldError(Reason reason, std::string_view field, std::string_view problem);

}  // namespace smallbiznis::ledger
