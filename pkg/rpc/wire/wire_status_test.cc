#include "pkg/rpc/wire/wire_status.h"

#include <gmock/gmock.h>
#include <google/rpc/error_details.pb.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pkg/db/error.h"
#include "pkg/status/status.h"
#include "pkg/text/utf8.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <class Detail>
std::optional<Detail> Find(const google::rpc::Status& wire) {
  for (const auto& any : wire.details()) {
    Detail detail;
    if (any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

TEST(WireStatusTest, EveryCodeHasItsNames) {
  struct Case {
    absl::StatusCode code;
    int http;
    std::string connect, name;
  };
  const std::vector<Case> cases = {
      {absl::StatusCode::kOk, 200, "ok", "OK"},
      {absl::StatusCode::kCancelled, 499, "canceled", "CANCELLED"},
      {absl::StatusCode::kUnknown, 500, "unknown", "UNKNOWN"},
      {absl::StatusCode::kInvalidArgument, 400, "invalid_argument", "INVALID_ARGUMENT"},
      {absl::StatusCode::kDeadlineExceeded, 504, "deadline_exceeded", "DEADLINE_EXCEEDED"},
      {absl::StatusCode::kNotFound, 404, "not_found", "NOT_FOUND"},
      {absl::StatusCode::kAlreadyExists, 409, "already_exists", "ALREADY_EXISTS"},
      {absl::StatusCode::kPermissionDenied, 403, "permission_denied", "PERMISSION_DENIED"},
      {absl::StatusCode::kUnauthenticated, 401, "unauthenticated", "UNAUTHENTICATED"},
      {absl::StatusCode::kResourceExhausted, 429, "resource_exhausted", "RESOURCE_EXHAUSTED"},
      {absl::StatusCode::kFailedPrecondition, 400, "failed_precondition", "FAILED_PRECONDITION"},
      {absl::StatusCode::kAborted, 409, "aborted", "ABORTED"},
      {absl::StatusCode::kOutOfRange, 400, "out_of_range", "OUT_OF_RANGE"},
      {absl::StatusCode::kUnimplemented, 501, "unimplemented", "UNIMPLEMENTED"},
      {absl::StatusCode::kInternal, 500, "internal", "INTERNAL"},
      {absl::StatusCode::kUnavailable, 503, "unavailable", "UNAVAILABLE"},
      {absl::StatusCode::kDataLoss, 500, "data_loss", "DATA_LOSS"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(HttpStatus(c.code), c.http) << c.name;
    EXPECT_EQ(ConnectCode(c.code), c.connect);
    EXPECT_EQ(CodeName(c.code), c.name);
  }
}

TEST(WireStatusTest, OkIsEmpty) {
  EXPECT_EQ(ToWire(absl::OkStatus(), "r1").ByteSizeLong(), 0u);
}

TEST(WireStatusTest, CarriesReasonFieldsAndRetryDelay) {
  const absl::Status error = status::WithRetryDelay(
      status::InvalidFields({{"tenant.name", "is required"}, {"items[2]", "is too long"}}), absl::Milliseconds(1500));
  const google::rpc::Status wire = ToWire(error, "r1");
  EXPECT_EQ(wire.code(), 3);
  EXPECT_EQ(wire.message(), "tenant.name: is required; items[2]: is too long");
  const auto info = Find<google::rpc::ErrorInfo>(wire);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->reason(), "INVALID_FIELD");
  EXPECT_EQ(info->domain(), "smallbiznis");
  EXPECT_EQ(info->metadata().at("request_id"), "r1");
  const auto bad = Find<google::rpc::BadRequest>(wire);
  ASSERT_TRUE(bad);
  ASSERT_EQ(bad->field_violations_size(), 2);
  EXPECT_EQ(bad->field_violations(1).field(), "items[2]");
  EXPECT_EQ(bad->field_violations(1).description(), "is too long");
  const auto retry = Find<google::rpc::RetryInfo>(wire);
  ASSERT_TRUE(retry);
  EXPECT_EQ(retry->retry_delay().seconds(), 1);
  EXPECT_EQ(retry->retry_delay().nanos(), 500'000'000);
}

TEST(WireStatusTest, NamesTheCodeWhereThereIsNoReason) {
  const google::rpc::Status wire = ToWire(absl::NotFoundError("no such tenant"), "r1");
  EXPECT_EQ(Find<google::rpc::ErrorInfo>(wire)->reason(), "NOT_FOUND");
  EXPECT_FALSE(Find<google::rpc::BadRequest>(wire));
  EXPECT_FALSE(Find<google::rpc::RetryInfo>(wire));
}

TEST(WireStatusTest, HidesTheTextOfOurOwnFailures) {
  for (const absl::StatusCode code :
       {absl::StatusCode::kInternal, absl::StatusCode::kUnknown, absl::StatusCode::kDataLoss}) {
    const google::rpc::Status wire = ToWire(status::Error(code, "SECRET_REASON", "password is hunter2"), "r77");
    EXPECT_EQ(wire.code(), static_cast<int>(code));
    EXPECT_EQ(wire.message(), "Something went wrong on our side; quote request id r77.");
    EXPECT_THAT(wire.SerializeAsString(), Not(HasSubstr("hunter2")));
    EXPECT_THAT(wire.SerializeAsString(), Not(HasSubstr("SECRET_REASON")));
  }
}

TEST(WireStatusTest, HidesADatabasesWordsUnderEveryCode) {
  for (const char* sqlstate : {"23505", "23503", "23514", "40001", "57014", "42501", "08006", "53300", "XX000"}) {
    const absl::Status error = db::MakeError(sqlstate, "tenants_slug_key", "duplicate key (slug)=(rival-shop)");
    const google::rpc::Status wire = ToWire(error, "r1");
    EXPECT_EQ(wire.code(), static_cast<int>(error.code()));
    EXPECT_THAT(wire.SerializeAsString(), Not(HasSubstr("rival-shop"))) << sqlstate;
    EXPECT_THAT(wire.SerializeAsString(), Not(HasSubstr("tenants_slug_key"))) << sqlstate;
  }
}

TEST(WireStatusTest, KeepsTheReasonOfADatabaseErrorAndTheWordsOfAStore) {
  const auto error = [](absl::StatusCode code, const char* reason, const char* sqlstate) {
    absl::Status status = status::Error(code, reason, "internal.host:5432 or a store's words");
    db::CopySqlState(db::MakeError(sqlstate, "", ""), status);
    return status;
  };
  struct Case {
    absl::Status error;
    std::string message;
  };
  const std::vector<Case> cases = {
      {error(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE", "08006"),
       "the database cannot be reached at the moment; try again"},
      {error(absl::StatusCode::kResourceExhausted, "DATABASE_BUSY", "53300"), "the database is busy; try again"},
      {error(absl::StatusCode::kUnavailable, "COMMIT_UNKNOWN", "08006"),
       "whether the change was made is not known: repeat the call with the same Idempotency-Key, or look first"},
      {error(absl::StatusCode::kAlreadyExists, "TENANT_SLUG_TAKEN", "23505"), "internal.host:5432 or a store's words"},
  };
  for (const Case& c : cases) {
    const absl::Status neutral = Neutral(c.error, "r1");
    EXPECT_EQ(neutral.code(), c.error.code());
    EXPECT_EQ(status::Reason(neutral), status::Reason(c.error));
    EXPECT_EQ(std::string(neutral.message()), c.message);
  }
}

TEST(WireStatusTest, NeutralTwiceIsNeutralOnce) {
  const absl::Status once = Neutral(absl::InternalError("boom"), "r1");
  EXPECT_EQ(Neutral(once, "r1"), once);
  const absl::Status fine = status::Error(absl::StatusCode::kNotFound, "TENANT_NOT_FOUND", "no such tenant");
  EXPECT_EQ(Neutral(fine, "r1"), fine);
  EXPECT_TRUE(Neutral(absl::OkStatus(), "r1").ok());
}

TEST(WireStatusTest, ReplacesBytesThatAreNotUtf8) {
  const google::rpc::Status wire = ToWire(status::InvalidField("na\xffme", "caf\xc3"), "r1");
  EXPECT_EQ(wire.message(), "na\xef\xbf\xbdme: caf\xef\xbf\xbd");
  const auto bad = Find<google::rpc::BadRequest>(wire);
  EXPECT_EQ(bad->field_violations(0).field(), "na\xef\xbf\xbdme");
  EXPECT_TRUE(google::rpc::Status().ParseFromString(wire.SerializeAsString()));
}

// gRPC's trailers: the message percent-encoded (three bytes for one) and the details in base64 (four for three).
TEST(WireStatusTest, FitsIntoTrailersHoweverLongTheError) {
  std::vector<status::FieldViolation> violations;
  for (int i = 0; i < 500; ++i) violations.push_back({"items.name", "\xe8\xaa\xa4\xe3\x82\x8a: is required"});
  for (const absl::Status& error :
       {status::InvalidFields(violations), status::InvalidField(std::string(100'000, 'x'), "is unknown"),
        status::Error(absl::StatusCode::kNotFound, "X", std::string(50'000, 'y'))}) {
    const google::rpc::Status wire = ToWire(error, std::string(64, 'r'));
    EXPECT_LT(3 * wire.message().size() + 4 * wire.SerializeAsString().size() / 3, 8000u);
    EXPECT_TRUE(text::IsUtf8(wire.message()));
    EXPECT_TRUE(wire.message().ends_with("..."));
  }
}

TEST(Utf8Test, TellsTextFromBytes) {
  for (const std::string text : {"", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf",
                                 "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\x7f"}) {
    EXPECT_TRUE(text::IsUtf8(text)) << text;
    EXPECT_EQ(text::ReplaceInvalidUtf8(text), text);
  }
  for (const std::string bytes : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
                                  "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
                                  "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "a\xc3("}) {
    EXPECT_FALSE(text::IsUtf8(bytes));
    EXPECT_TRUE(text::IsUtf8(text::ReplaceInvalidUtf8(bytes)));
  }
}

TEST(Utf8Test, PrefixCutsNoCharacter) {
  EXPECT_EQ(text::Utf8Prefix("a\xe2\x82\xac", 4), "a\xe2\x82\xac");
  EXPECT_EQ(text::Utf8Prefix("a\xe2\x82\xac", 3), "a");
  EXPECT_EQ(text::Utf8Prefix("a\xe2\x82\xac", 1), "a");
  EXPECT_EQ(text::Utf8Prefix("\xe2\x82\xac", 2), "");
}

}  // namespace
}  // namespace smallbiznis::rpc
