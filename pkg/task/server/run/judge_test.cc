#include "pkg/task/server/run/judge.h"

#include <gtest/gtest.h>

#include "pkg/task/server/retry.h"

namespace smallbiznis::task {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1767323045);

const Policy kPolicy{
    .retry_delay = [](int retried, const absl::Status&, const Message&) { return absl::Seconds(10 + retried); },
    .is_failure = [](const absl::Status& status) { return !absl::IsUnavailable(status); }};

TEST(Judge, Outcomes) {
  struct Row {
    const char* what;
    absl::Status result;
    int retried;
    int max_retry;
    Outcome outcome;
    int retried_after;
    absl::Duration delay;
  };
  const absl::Status failed = absl::InternalError("no"), away = absl::UnavailableError("away");
  const absl::Duration none = absl::ZeroDuration();
  const Row rows[] = {
      {"success", absl::OkStatus(), 3, 3, Outcome::kDone, 3, none},
      {"revoked, with retries left", Revoke(), 0, 3, Outcome::kDone, 0, none},
      {"revoked, without", Revoke(), 3, 3, Outcome::kDone, 3, none},
      {"failed", failed, 0, 3, Outcome::kRetry, 1, absl::Seconds(10)},
      {"failed for the last time but one", failed, 2, 3, Outcome::kRetry, 3, absl::Seconds(12)},
      {"failed for the last time", failed, 3, 3, Outcome::kArchive, 3, none},
      {"never to be retried", failed, 0, 0, Outcome::kArchive, 0, none},
      {"more often than it may", failed, 4, 3, Outcome::kArchive, 4, none},
      {"skips its retries", SkipRetry(failed), 0, 3, Outcome::kArchive, 0, none},
      {"skips although it is no failure", SkipRetry(away), 0, 3, Outcome::kArchive, 0, none},
      {"no failure", away, 1, 3, Outcome::kPostpone, 1, absl::Seconds(11)},
      {"no failure, but no retry left", away, 3, 3, Outcome::kArchive, 3, none},
  };
  for (const Row& row : rows) {
    Message message;
    message.retried = row.retried;
    message.max_retry = row.max_retry;
    const Verdict verdict = Judge(message, row.result, kPolicy, kNow);
    EXPECT_EQ(verdict.outcome, row.outcome) << row.what;
    EXPECT_EQ(verdict.message.retried, row.retried_after) << row.what;
    EXPECT_EQ(verdict.at, kNow + row.delay) << row.what;
  }
}

TEST(Judge, ASuccessKeepsTheEarlierErrorAndSaysWhenItWas) {
  Message message;
  message.error = "earlier";
  message.retention = absl::Hours(1);
  const Message kept = Judge(message, absl::OkStatus(), kPolicy, kNow).message;
  EXPECT_EQ(kept.completed_at, kNow);
  EXPECT_EQ(kept.error, "earlier");
  EXPECT_EQ(kept.retention, absl::Hours(1));
  EXPECT_EQ(Judge(message, Revoke(), kPolicy, kNow).message.retention, absl::ZeroDuration());
}

TEST(Judge, AFailureLeavesItsText) {
  Message message;
  message.max_retry = 1;
  const Verdict verdict = Judge(message, absl::InternalError("no paper"), kPolicy, kNow);
  EXPECT_EQ(verdict.message.error, "no paper");
  EXPECT_EQ(verdict.message.last_failed_at, kNow);
  EXPECT_EQ(Judge(message, absl::InternalError(""), kPolicy, kNow).message.error, "INTERNAL");
  EXPECT_EQ(Judge(message, absl::InternalError(std::string(100'000, 'x')), kPolicy, kNow).message.error.size(), 8192U);
}

}  // namespace
}  // namespace smallbiznis::task
