#include "pkg/status/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smallbiznis::status {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(StatusTest, CarriesItsReason) {
  const absl::Status error = Error(absl::StatusCode::kAlreadyExists, "TENANT_SLUG_TAKEN", "the slug is taken");
  EXPECT_EQ(error.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(error.message(), "the slug is taken");
  EXPECT_EQ(Reason(error), "TENANT_SLUG_TAKEN");
  EXPECT_EQ(Reason(absl::OkStatus()), "");
}

TEST(StatusTest, NamesEveryFieldAtFault) {
  const absl::Status error = InvalidFields({{"name", "must not be empty"}, {"filter.states[2]", "unknown value"}});
  EXPECT_EQ(error.message(), "name: must not be empty; filter.states[2]: unknown value");
  EXPECT_EQ(Reason(error), "INVALID_FIELD");
  EXPECT_THAT(FieldViolations(error), ElementsAre(FieldViolation{"name", "must not be empty"},
                                                  FieldViolation{"filter.states[2]", "unknown value"}));
  EXPECT_THAT(FieldViolations(absl::InternalError("x")), IsEmpty());
}

TEST(StatusTest, CarriesAReasonOfItsOwnAndTheFieldThatItIsAbout) {
  const absl::Status error = WithFields(Error(absl::StatusCode::kAlreadyExists, "TENANT_SLUG_TAKEN", "it is taken"),
                                        {{"slug", "another tenant has it"}});
  EXPECT_EQ(error.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(error.message(), "it is taken");
  EXPECT_EQ(Reason(error), "TENANT_SLUG_TAKEN");
  EXPECT_THAT(FieldViolations(error), ElementsAre(FieldViolation{"slug", "another tenant has it"}));
}

TEST(StatusTest, CarriesARetryDelay) {
  const absl::Status error = WithRetryDelay(absl::AbortedError("busy"), absl::Milliseconds(250));
  EXPECT_EQ(RetryDelay(error), absl::Milliseconds(250));
  EXPECT_EQ(RetryDelay(absl::AbortedError("busy")), std::nullopt);
}

absl::StatusOr<int> Half(int n) {
  if (n % 2 != 0) return absl::InvalidArgumentError("odd");
  return n / 2;
}

absl::StatusOr<int> Quarter(int n) {
  ASSIGN_OR_RETURN(const int half, Half(n));
  return Half(half);
}

TEST(StatusTest, MacrosReturnTheFirstError) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).status().message(), "odd");
}

}  // namespace
}  // namespace smallbiznis::status
