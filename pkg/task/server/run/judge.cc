#include "pkg/task/server/run/judge.h"

#include "pkg/task/server/retry.h"

namespace smallbiznis::task {
namespace {

constexpr size_t kMostErrorBytes = 8 * 1024;

std::string ErrorText(const absl::Status& error) {
  std::string text = error.message().empty() ? absl::StatusCodeToString(error.code()) : std::string(error.message());
  if (text.size() > kMostErrorBytes) text.resize(kMostErrorBytes);
  return text;
}

}  // namespace

Verdict Judge(Message message, const absl::Status& result, const Policy& policy, absl::Time now) {
  if (result.ok()) {
    message.completed_at = now;
    return {.outcome = Outcome::kDone, .message = std::move(message), .at = now};
  }
  if (IsRevoke(result)) {
    message.retention = absl::ZeroDuration();
    return {.outcome = Outcome::kDone, .message = std::move(message), .at = now};
  }
  message.error = ErrorText(result);
  message.last_failed_at = now;
  if (message.retried >= message.max_retry || IsSkipRetry(result)) {
    return {.outcome = Outcome::kArchive, .message = std::move(message), .at = now};
  }
  const absl::Time at = now + policy.retry_delay(message.retried, result, message);
  if (!policy.is_failure(result)) return {.outcome = Outcome::kPostpone, .message = std::move(message), .at = at};
  ++message.retried;
  return {.outcome = Outcome::kRetry, .message = std::move(message), .at = at};
}

}  // namespace smallbiznis::task
