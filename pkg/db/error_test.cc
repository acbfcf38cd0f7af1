#include "pkg/db/error.h"

#include <gtest/gtest.h>

namespace smallbiznis::db {
namespace {

TEST(ErrorTest, SqlStateDecidesTheCode) {
  const struct {
    const char* sqlstate;
    absl::StatusCode want;
  } cases[] = {
      {"23505", absl::StatusCode::kAlreadyExists},
      {"23503", absl::StatusCode::kFailedPrecondition},
      {"23514", absl::StatusCode::kInvalidArgument},
      {"22001", absl::StatusCode::kInvalidArgument},
      {"22P02", absl::StatusCode::kInvalidArgument},
      {"40001", absl::StatusCode::kAborted},
      {"40P01", absl::StatusCode::kAborted},
      {"55P03", absl::StatusCode::kAborted},
      {"57014", absl::StatusCode::kDeadlineExceeded},
      {"42501", absl::StatusCode::kPermissionDenied},
      {"08006", absl::StatusCode::kUnavailable},
      {"57P01", absl::StatusCode::kUnavailable},
      {"57P03", absl::StatusCode::kUnavailable},
      {"53300", absl::StatusCode::kResourceExhausted},
      {"23502", absl::StatusCode::kInternal},
      {"25006", absl::StatusCode::kInternal},
      {"42P01", absl::StatusCode::kInternal},
      {"40002", absl::StatusCode::kInternal},
      {"", absl::StatusCode::kInternal},
  };
  for (const auto& [sqlstate, want] : cases) EXPECT_EQ(MakeError(sqlstate, "", "m").code(), want) << sqlstate;
}

TEST(ErrorTest, SqlStateAndConstraintTravelWithTheStatus) {
  const absl::Status error = MakeError("23505", "tenants_slug", "duplicate key");
  EXPECT_EQ(SqlState(error), "23505");
  EXPECT_EQ(Constraint(error), "tenants_slug");
  EXPECT_EQ(error.message(), "duplicate key");
}

TEST(ErrorTest, OtherErrorsCarryNeither) {
  const absl::Status error = absl::NotFoundError("tenant");
  EXPECT_EQ(SqlState(error), "");
  EXPECT_EQ(Constraint(error), "");
  EXPECT_EQ(SqlState(absl::OkStatus()), "");
}

TEST(ErrorTest, CopiesWhatAnotherErrorCarries) {
  absl::Status mine = absl::AlreadyExistsError("the slug is taken");
  CopySqlState(MakeError("23505", "tenants_slug", "duplicate key"), mine);
  EXPECT_EQ(SqlState(mine), "23505");
  EXPECT_EQ(Constraint(mine), "tenants_slug");
}

TEST(ErrorTest, OnlySerializationFailureAndDeadlockAreRetryable) {
  EXPECT_TRUE(IsRetryable(MakeError("40001", "", "")));
  EXPECT_TRUE(IsRetryable(MakeError("40P01", "", "")));
  EXPECT_FALSE(IsRetryable(MakeError("55P03", "", "")));
  EXPECT_FALSE(IsRetryable(MakeError("08006", "", "")));
  EXPECT_FALSE(IsRetryable(absl::AbortedError("somebody else's")));
  EXPECT_FALSE(IsRetryable(absl::OkStatus()));
}

}  // namespace
}  // namespace smallbiznis::db
