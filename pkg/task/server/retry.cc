#include "pkg/task/server/retry.h"

#include <algorithm>

#include "absl/random/random.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::task {
namespace {

constexpr std::string_view kSkipRetry = "TASK_SKIP_RETRY";
constexpr std::string_view kRevoke = "TASK_REVOKED";
constexpr int kMostRetried = 1000;  // 1000^4 s fits in 64 bits, and nobody lives so long

}  // namespace

absl::Duration DefaultRetryDelay(int retried) {
  thread_local absl::BitGen random;
  const int64_t n = std::clamp(retried, 0, kMostRetried);
  return absl::Seconds(n * n * n * n + 15 + absl::Uniform<int64_t>(random, 0, 30) * (n + 1));
}

absl::Status SkipRetry(const absl::Status& why) {
  return status::Error(why.ok() ? absl::StatusCode::kFailedPrecondition : why.code(), kSkipRetry,
                       why.message().empty() ? "skip retry for the task" : text::ToStd(why.message()));
}

bool IsSkipRetry(const absl::Status& status) {
  return status::Reason(status) == kSkipRetry;
}

absl::Status Revoke() {
  return status::Error(absl::StatusCode::kAborted, kRevoke, "revoke task");
}

bool IsRevoke(const absl::Status& status) {
  return status::Reason(status) == kRevoke;
}

}  // namespace smallbiznis::task
