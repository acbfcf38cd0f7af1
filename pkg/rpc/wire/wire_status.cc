#include "pkg/rpc/wire/wire_status.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "pkg/db/error.h"
#include "pkg/status/status.h"
#include "pkg/text/utf8.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc {
namespace {

constexpr size_t kMessageLimit = 1000;
constexpr size_t kViolationsLimit = 2048;

bool HidesItsText(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

// A database's own words may quote rows, constraints or hosts. Those of its errors that a store has put into words of
// its own carry a reason; the errors of the connection itself carry one, too, but name the host.
bool IsDatabaseText(const absl::Status& error) {
  if (db::SqlState(error).empty()) return false;
  return status::Reason(error).empty() || error.code() == absl::StatusCode::kUnavailable ||
         error.code() == absl::StatusCode::kResourceExhausted;
}

std::string TextForDatabaseError(const absl::Status& error, std::string_view request_id) {
  if (status::Reason(error) == "COMMIT_UNKNOWN") {
    return "whether the change was made is not known: repeat the call with the same Idempotency-Key, or look first";
  }
  if (error.code() == absl::StatusCode::kAborted) return "another change was made at the same time; try again";
  if (error.code() == absl::StatusCode::kUnavailable) return "the database cannot be reached at the moment; try again";
  if (error.code() == absl::StatusCode::kResourceExhausted) return "the database is busy; try again";
  if (error.code() == absl::StatusCode::kDeadlineExceeded) return "the call took longer than its deadline";
  return fmt::format("the database refused the request; quote request id {}", request_id);
}

std::string WireText(std::string_view text) {
  const std::string clean = text::ReplaceInvalidUtf8(text);
  const std::string_view prefix = text::Utf8Prefix(clean, kMessageLimit);
  return prefix.size() == clean.size() ? clean : fmt::format("{}...", prefix);
}

void AddErrorInfo(const absl::Status& status, std::string_view request_id, google::rpc::Status* wire) {
  google::rpc::ErrorInfo info;
  const std::string reason = status::Reason(status);
  info.set_reason(reason.empty() ? std::string(CodeName(status.code())) : reason);
  info.set_domain(std::string(kErrorDomain));
  (*info.mutable_metadata())["request_id"] = std::string(request_id);
  wire->add_details()->PackFrom(info);
}

void AddBadRequest(const absl::Status& status, google::rpc::Status* wire) {
  google::rpc::BadRequest bad_request;
  size_t bytes = 0;
  for (const status::FieldViolation& violation : status::FieldViolations(status)) {
    auto* added = bad_request.add_field_violations();
    added->set_field(WireText(violation.field));
    added->set_description(WireText(violation.description));
    bytes += added->ByteSizeLong();
    if (bytes > kViolationsLimit) {
      bad_request.mutable_field_violations()->RemoveLast();
      break;
    }
  }
  if (bad_request.field_violations_size() > 0) wire->add_details()->PackFrom(bad_request);
}

void AddRetryInfo(const absl::Status& status, google::rpc::Status* wire) {
  const std::optional<absl::Duration> delay = status::RetryDelay(status);
  if (!delay) return;
  google::rpc::RetryInfo retry;
  absl::Duration rest;
  retry.mutable_retry_delay()->set_seconds(absl::IDivDuration(*delay, absl::Seconds(1), &rest));
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  wire->add_details()->PackFrom(retry);
}

}  // namespace

absl::Status Neutral(const absl::Status& error, std::string_view request_id) {
  if (HidesItsText(error.code())) {
    return absl::Status(error.code(),
                        fmt::format("Something went wrong on our side; quote request id {}.", request_id));
  }
  if (!IsDatabaseText(error)) return error;
  const std::string message = TextForDatabaseError(error, request_id), reason = status::Reason(error);
  absl::Status neutral =
      reason.empty() ? absl::Status(error.code(), message) : status::Error(error.code(), reason, message);
  if (const auto delay = status::RetryDelay(error)) neutral = status::WithRetryDelay(std::move(neutral), *delay);
  return neutral;
}

google::rpc::Status ToWire(const absl::Status& status, std::string_view request_id) {
  google::rpc::Status wire;
  if (status.ok()) return wire;
  const absl::Status neutral = Neutral(status, request_id);
  wire.set_code(static_cast<int>(neutral.code()));
  wire.set_message(WireText(text::ToStd(neutral.message())));
  AddErrorInfo(neutral, request_id, &wire);
  AddBadRequest(neutral, &wire);
  AddRetryInfo(neutral, &wire);
  return wire;
}

// https://github.com/grpc-ecosystem/grpc-gateway/blob/main/runtime/errors.go
int HttpStatus(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kCancelled:
      return 499;
    case absl::StatusCode::kUnknown:
      return 500;
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
      return 409;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kFailedPrecondition:
      return 400;
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kInternal:
      return 500;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDataLoss:
      return 500;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kDoNotUseReservedForFutureExpansionUseDefaultInSwitchInstead_:
      break;
  }
  return 500;
}

std::string_view CodeName(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return "OK";
    case absl::StatusCode::kCancelled:
      return "CANCELLED";
    case absl::StatusCode::kUnknown:
      return "UNKNOWN";
    case absl::StatusCode::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case absl::StatusCode::kDeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case absl::StatusCode::kNotFound:
      return "NOT_FOUND";
    case absl::StatusCode::kAlreadyExists:
      return "ALREADY_EXISTS";
    case absl::StatusCode::kPermissionDenied:
      return "PERMISSION_DENIED";
    case absl::StatusCode::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case absl::StatusCode::kFailedPrecondition:
      return "FAILED_PRECONDITION";
    case absl::StatusCode::kAborted:
      return "ABORTED";
    case absl::StatusCode::kOutOfRange:
      return "OUT_OF_RANGE";
    case absl::StatusCode::kUnimplemented:
      return "UNIMPLEMENTED";
    case absl::StatusCode::kInternal:
      return "INTERNAL";
    case absl::StatusCode::kUnavailable:
      return "UNAVAILABLE";
    case absl::StatusCode::kDataLoss:
      return "DATA_LOSS";
    case absl::StatusCode::kUnauthenticated:
      return "UNAUTHENTICATED";
    case absl::StatusCode::kDoNotUseReservedForFutureExpansionUseDefaultInSwitchInstead_:
      break;
  }
  return "UNKNOWN";
}

// https://connectrpc.com/docs/protocol#error-codes
std::string_view ConnectCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return "ok";
    case absl::StatusCode::kCancelled:
      return "canceled";
    case absl::StatusCode::kUnknown:
      return "unknown";
    case absl::StatusCode::kInvalidArgument:
      return "invalid_argument";
    case absl::StatusCode::kDeadlineExceeded:
      return "deadline_exceeded";
    case absl::StatusCode::kNotFound:
      return "not_found";
    case absl::StatusCode::kAlreadyExists:
      return "already_exists";
    case absl::StatusCode::kPermissionDenied:
      return "permission_denied";
    case absl::StatusCode::kResourceExhausted:
      return "resource_exhausted";
    case absl::StatusCode::kFailedPrecondition:
      return "failed_precondition";
    case absl::StatusCode::kAborted:
      return "aborted";
    case absl::StatusCode::kOutOfRange:
      return "out_of_range";
    case absl::StatusCode::kUnimplemented:
      return "unimplemented";
    case absl::StatusCode::kInternal:
      return "internal";
    case absl::StatusCode::kUnavailable:
      return "unavailable";
    case absl::StatusCode::kDataLoss:
      return "data_loss";
    case absl::StatusCode::kUnauthenticated:
      return "unauthenticated";
    case absl::StatusCode::kDoNotUseReservedForFutureExpansionUseDefaultInSwitchInstead_:
      break;
  }
  return "unknown";
}

}  // namespace smallbiznis::rpc
