#include "pkg/task/server/retry.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace smallbiznis::task {
namespace {

TEST(DefaultRetryDelay, IsWithinItsBoundsAndUsesThem) {
  struct Row {
    int retried;
    int64_t least;
    int64_t most;
    int64_t step;
  };
  const Row rows[] = {{-1, 15, 44, 1},
                      {0, 15, 44, 1},
                      {1, 16, 74, 2},
                      {24, 331791, 332516, 25},
                      {1000, 1'000'000'000'015, 1'000'000'029'044, 1001},
                      {2'000'000'000, 1'000'000'000'015, 1'000'000'029'044, 1001}};
  for (const Row& row : rows) {
    int64_t least = row.most, most = row.least;
    for (int i = 0; i < 2000; ++i) {
      const int64_t delay = absl::ToInt64Seconds(DefaultRetryDelay(row.retried));
      ASSERT_GE(delay, row.least) << row.retried;
      ASSERT_LE(delay, row.most) << row.retried;
      ASSERT_EQ((delay - row.least) % row.step, 0) << row.retried;
      least = std::min(least, delay);
      most = std::max(most, delay);
    }
    // That one of thirty values is not drawn in 2000 times is as good as impossible.
    EXPECT_EQ(least, row.least) << row.retried;
    EXPECT_EQ(most, row.most) << row.retried;
  }
}

TEST(SkipRetry, KeepsWhatWentWrong) {
  const absl::Status status = SkipRetry(absl::InvalidArgumentError("no such shop"));
  EXPECT_TRUE(IsSkipRetry(status));
  EXPECT_FALSE(IsRevoke(status));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "no such shop");
  EXPECT_FALSE(SkipRetry(absl::OkStatus()).ok()) << "it fails, whatever it is made of";
  EXPECT_TRUE(IsSkipRetry(SkipRetry(absl::OkStatus())));
  EXPECT_EQ(SkipRetry(absl::OkStatus()).message(), "skip retry for the task");
}

TEST(Revoke, IsItsOwn) {
  EXPECT_TRUE(IsRevoke(Revoke()));
  EXPECT_FALSE(IsSkipRetry(Revoke()));
  for (const absl::Status& status : {absl::OkStatus(), absl::AbortedError("revoke task")}) {
    EXPECT_FALSE(IsRevoke(status));
    EXPECT_FALSE(IsSkipRetry(status));
  }
}

}  // namespace
}  // namespace smallbiznis::task
