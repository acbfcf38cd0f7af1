#include "pkg/status/status.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace smallbiznis::status {
namespace {

constexpr std::string_view kReasonUrl = "smallbiznis/reason";
constexpr std::string_view kFieldsUrl = "smallbiznis/fields";
constexpr std::string_view kRetryUrl = "smallbiznis/retry-nanoseconds";
// Separates texts in the payload; ASCII unit and record separators do not occur in field paths or descriptions.
constexpr char kUnit = '\x1f';
constexpr char kRecord = '\x1e';

std::string Payload(const absl::Status& error, std::string_view url) {
  const std::optional<absl::Cord> payload = error.GetPayload(url);
  return payload ? std::string(*payload) : std::string();
}

}  // namespace

absl::Status Error(absl::StatusCode code, std::string_view reason, std::string_view message) {
  absl::Status error(code, message);
  error.SetPayload(kReasonUrl, absl::Cord(reason));
  return error;
}

absl::Status InvalidFields(std::vector<FieldViolation> violations) {
  const std::string message = absl::StrJoin(violations, "; ", [](std::string* out, const FieldViolation& violation) {
    absl::StrAppend(out, violation.field, ": ", violation.description);
  });
  const std::string payload =
      absl::StrJoin(violations, std::string(1, kRecord), [](std::string* out, const FieldViolation& violation) {
        absl::StrAppend(out, violation.field, std::string(1, kUnit), violation.description);
      });
  absl::Status error = Error(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", message);
  error.SetPayload(kFieldsUrl, absl::Cord(payload));
  return error;
}

absl::Status InvalidField(std::string_view field, std::string_view description) {
  return InvalidFields({{std::string(field), std::string(description)}});
}

absl::Status WithRetryDelay(absl::Status error, absl::Duration delay) {
  error.SetPayload(kRetryUrl, absl::Cord(absl::StrCat(absl::ToInt64Nanoseconds(delay))));
  return error;
}

std::string Reason(const absl::Status& error) {
  return Payload(error, kReasonUrl);
}

std::vector<FieldViolation> FieldViolations(const absl::Status& error) {
  std::vector<FieldViolation> violations;
  const std::string payload = Payload(error, kFieldsUrl);
  if (payload.empty()) return violations;
  for (std::string_view record : absl::StrSplit(payload, kRecord)) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(record, absl::MaxSplits(kUnit, 1));
    violations.push_back({parts.first, parts.second});
  }
  return violations;
}

std::optional<absl::Duration> RetryDelay(const absl::Status& error) {
  int64_t nanoseconds = 0;
  if (!absl::SimpleAtoi(Payload(error, kRetryUrl), &nanoseconds)) return std::nullopt;
  return absl::Nanoseconds(nanoseconds);
}

}  // namespace smallbiznis::status
