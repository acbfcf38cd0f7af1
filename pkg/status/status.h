// Errors as values: absl::Status with a machine-readable reason, the fields at fault and, where it helps, a delay after
// which to try again. pkg/rpc turns these into google.rpc.ErrorInfo, BadRequest and RetryInfo; nothing else needs to
// know.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace smallbiznis::status {

// One input field at fault. `field` is its path in the request: "filter.states[2]", "tenant.name".
struct FieldViolation {
  std::string field;
  std::string description;

  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};

// An error with its reason, an UPPER_SNAKE_CASE constant of the module that raises it ("TENANT_SLUG_TAKEN"). `message`
// is for people and reaches the client, except under INTERNAL and UNKNOWN.
absl::Status Error(absl::StatusCode code, std::string_view reason, std::string_view message);

// What a module's reason means to who gets it: a row of the module's switch over its reasons.
struct Meaning {
  std::string_view reason;
  absl::StatusCode code;
  std::string_view message;  // unless there is a better one
};
absl::Status Error(const Meaning& meaning);
absl::Status Error(const Meaning& meaning, std::string_view message);

// INVALID_ARGUMENT, reason INVALID_FIELD, naming every field at fault. The message is made from the violations.
absl::Status InvalidFields(std::vector<FieldViolation> violations);
absl::Status InvalidField(std::string_view field, std::string_view description);

// `error`, also naming the fields at fault; its code, reason and message stay: TENANT_SLUG_TAKEN is about "slug".
absl::Status WithFields(absl::Status error, const std::vector<FieldViolation>& violations);

absl::Status WithRetryDelay(absl::Status error, absl::Duration delay);

// Empty when `error` carries none.
std::string Reason(const absl::Status& error);
std::vector<FieldViolation> FieldViolations(const absl::Status& error);
std::optional<absl::Duration> RetryDelay(const absl::Status& error);

}  // namespace smallbiznis::status

// Returns from the enclosing function when `expr`, an absl::Status, is an error.
#define RETURN_IF_ERROR(expr)                                         \
  do {                                                                \
    if (absl::Status status_ = (expr); !status_.ok()) return status_; \
  } while (false)

// Declares or assigns `lhs` from `expr`, an absl::StatusOr; returns its error from the enclosing function.
#define ASSIGN_OR_RETURN(lhs, expr) SB_STATUS_ASSIGN_(SB_STATUS_CONCAT_(status_or_, __LINE__), lhs, expr)
#define SB_STATUS_CONCAT_INNER_(a, b) a##b
#define SB_STATUS_CONCAT_(a, b) SB_STATUS_CONCAT_INNER_(a, b)
#define SB_STATUS_ASSIGN_(temp, lhs, expr)         \
  auto temp = (expr);                              \
  if (!temp.ok()) return std::move(temp).status(); \
  lhs = *std::move(temp)
