#include "pkg/status/status.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "pkg/text/view.h"

namespace smallbiznis::status {
namespace {

constexpr char kReasonUrl[] = "smallbiznis/reason";
constexpr char kFieldsUrl[] = "smallbiznis/fields";
constexpr char kRetryUrl[] = "smallbiznis/retry-nanoseconds";
// Separate texts in a payload; these ASCII separators occur in neither field paths nor descriptions.
constexpr char kUnit = '\x1f';
constexpr char kRecord = '\x1e';

std::string Payload(const absl::Status& error, const char* url) {
  const auto payload = error.GetPayload(url);
  return payload ? std::string(*payload) : std::string();
}

std::string Join(const std::vector<FieldViolation>& violations, std::string_view inner, std::string_view outer) {
  std::vector<std::string> parts;
  for (const FieldViolation& violation : violations) {
    parts.push_back(fmt::format("{}{}{}", violation.field, inner, violation.description));
  }
  return fmt::format("{}", fmt::join(parts, outer));
}

}  // namespace

absl::Status Error(absl::StatusCode code, std::string_view reason, std::string_view message) {
  absl::Status error(code, text::ToAbsl(message));
  error.SetPayload(kReasonUrl, absl::Cord(text::ToAbsl(reason)));
  return error;
}

absl::Status Error(const Meaning& meaning) {
  return Error(meaning, meaning.message);
}

absl::Status Error(const Meaning& meaning, std::string_view message) {
  return Error(meaning.code, meaning.reason, message);
}

absl::Status InvalidFields(std::vector<FieldViolation> violations) {
  return WithFields(Error(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", Join(violations, ": ", "; ")),
                    violations);
}

absl::Status InvalidField(std::string_view field, std::string_view description) {
  return InvalidFields({{std::string(field), std::string(description)}});
}

absl::Status WithFields(absl::Status error, const std::vector<FieldViolation>& violations) {
  error.SetPayload(kFieldsUrl, absl::Cord(Join(violations, std::string(1, kUnit), std::string(1, kRecord))));
  return error;
}

absl::Status WithRetryDelay(absl::Status error, absl::Duration delay) {
  error.SetPayload(kRetryUrl, absl::Cord(std::to_string(absl::ToInt64Nanoseconds(delay))));
  return error;
}

std::string Reason(const absl::Status& error) {
  return Payload(error, kReasonUrl);
}

std::vector<FieldViolation> FieldViolations(const absl::Status& error) {
  std::vector<FieldViolation> violations;
  const std::string payload = Payload(error, kFieldsUrl);
  if (payload.empty()) return violations;
  const std::vector<std::string> records = absl::StrSplit(payload, kRecord);
  for (const std::string& record : records) {
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
