#include "pkg/db/error.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/cord.h"
#include "pkg/text/view.h"

namespace smallbiznis::db {
namespace {

constexpr char kSqlStateUrl[] = "smallbiznis/sqlstate";
constexpr char kConstraintUrl[] = "smallbiznis/constraint";

struct Mapping {
  std::string_view prefix;  // of the SQLSTATE
  absl::StatusCode code;
};

// The first that fits.
constexpr Mapping kMappings[] = {
    {"23505", absl::StatusCode::kAlreadyExists},    {"23503", absl::StatusCode::kFailedPrecondition},
    {"23514", absl::StatusCode::kInvalidArgument},  {"22", absl::StatusCode::kInvalidArgument},
    {"40001", absl::StatusCode::kAborted},          {"40P01", absl::StatusCode::kAborted},
    {"55P03", absl::StatusCode::kAborted},          {"57014", absl::StatusCode::kDeadlineExceeded},
    {"42501", absl::StatusCode::kPermissionDenied}, {"08", absl::StatusCode::kUnavailable},
    {"57P0", absl::StatusCode::kUnavailable},       {"53", absl::StatusCode::kResourceExhausted},
};

absl::StatusCode CodeOf(std::string_view sqlstate) {
  const auto* found = std::find_if(std::begin(kMappings), std::end(kMappings),
                                   [&](const Mapping& mapping) { return sqlstate.starts_with(mapping.prefix); });
  return found == std::end(kMappings) ? absl::StatusCode::kInternal : found->code;
}

std::string Payload(const absl::Status& error, const char* url) {
  const auto payload = error.GetPayload(url);
  return payload ? std::string(*payload) : std::string();
}

}  // namespace

absl::Status MakeError(std::string_view sqlstate, std::string_view constraint, std::string_view message) {
  absl::Status error(CodeOf(sqlstate), text::ToAbsl(message));
  error.SetPayload(kSqlStateUrl, absl::Cord(text::ToAbsl(sqlstate)));
  if (!constraint.empty()) error.SetPayload(kConstraintUrl, absl::Cord(text::ToAbsl(constraint)));
  return error;
}

std::string SqlState(const absl::Status& error) {
  return Payload(error, kSqlStateUrl);
}

std::string Constraint(const absl::Status& error) {
  return Payload(error, kConstraintUrl);
}

void CopySqlState(const absl::Status& from, absl::Status& to) {
  for (const char* url : {kSqlStateUrl, kConstraintUrl}) {
    if (const auto payload = from.GetPayload(url)) to.SetPayload(url, *payload);
  }
}

bool IsRetryable(const absl::Status& error) {
  const std::string sqlstate = SqlState(error);
  return sqlstate == "40001" || sqlstate == "40P01";
}

}  // namespace smallbiznis::db
