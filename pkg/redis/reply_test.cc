#include "pkg/redis/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/redis/error.h"
#include "pkg/redis/internal/reply_parser.h"
#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

using ::testing::HasSubstr;

TEST(ReplyTest, GivesWhatItHolds) {
  EXPECT_EQ(*Reply::Integer(-7).AsInteger(), -7);
  EXPECT_EQ(*Reply::Bulk("a").AsText(), "a");
  const Reply status = Reply::Status("OK");
  EXPECT_EQ(*status.AsText(), "OK");
  EXPECT_EQ(*status.AsOptionalText(), "OK");
  EXPECT_EQ(*Reply().AsOptionalText(), std::nullopt);
  EXPECT_TRUE(Reply().IsNil());
  const Reply array = Reply::Array({Reply::Integer(1), Reply::Error("ERR x"), Reply()});
  ASSERT_EQ(array.AsArray()->size(), 3u);
  EXPECT_EQ((*array.AsArray())[1].error_text(), "ERR x");
  EXPECT_EQ(Reply(array).AsArray()->size(), 3u);
}

TEST(ReplyTest, NamesWhatWasExpectedAndWhatCame) {
  const absl::Status error = Reply::Bulk("12").AsInteger().status();
  EXPECT_EQ(error.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(status::Reason(error), kUnexpectedReply);
  EXPECT_EQ(error.message(), "expected an integer of Redis and got a bulk string");
  EXPECT_EQ(Reply().AsArray().status().message(), "expected an array of Redis and got nil");
  EXPECT_EQ(Reply::Integer(1).AsText().status().message(), "expected a text of Redis and got an integer");
  EXPECT_EQ(Reply::Array({}).AsOptionalText().status().message(), "expected a text or nil of Redis and got an array");
}

TEST(ReplyTest, AnErrorReplyIsTheErrorOfEveryAccessor) {
  const Reply reply = Reply::Error("WRONGTYPE Operation");
  for (const absl::Status& error : {reply.ToStatus(), reply.AsInteger().status(), reply.AsText().status(),
                                    reply.AsOptionalText().status(), reply.AsArray().status()}) {
    EXPECT_EQ(ErrorText(error), "WRONGTYPE Operation");
  }
  EXPECT_EQ(Reply().ToStatus(), absl::OkStatus());
}

TEST(ErrorTest, EveryErrorReplyHasCodeAndReason) {
  using Code = absl::StatusCode;
  const struct {
    std::string_view text;
    Code code;
    std::string_view reason;
  } kRows[] = {
      {"LOADING Redis is loading the dataset in memory", Code::kUnavailable, kUnavailable},
      {"READONLY You can't write against a read only replica.", Code::kUnavailable, kUnavailable},
      {"MASTERDOWN Link with MASTER is down", Code::kUnavailable, kUnavailable},
      {"CLUSTERDOWN The cluster is down", Code::kUnavailable, kUnavailable},
      {"TRYAGAIN Multiple keys request during rehashing of slot", Code::kUnavailable, kUnavailable},
      {"OOM command not allowed", Code::kResourceExhausted, kOutOfMemory},
      {"NOAUTH Authentication required.", Code::kUnauthenticated, kAuthentication},
      {"WRONGPASS invalid", Code::kUnauthenticated, kAuthentication},
      {"NOPERM this user has no permissions", Code::kPermissionDenied, kPermission},
      {"ERR unknown command", Code::kFailedPrecondition, kErrorReply},
      {"OOMPH", Code::kFailedPrecondition, kErrorReply},
      {"", Code::kFailedPrecondition, kErrorReply},
  };
  for (const auto& row : kRows) {
    const absl::Status error = ErrorReply(row.text);
    EXPECT_EQ(error.code(), row.code) << row.text;
    EXPECT_EQ(status::Reason(error), row.reason) << row.text;
    EXPECT_EQ(ErrorText(error), row.text);
    EXPECT_FALSE(OutcomeUnknown(error)) << row.text;
  }
  EXPECT_EQ(ErrorText(absl::InternalError("ERR x")), "");
}

// Every reply in `bytes`, fed in portions of `size`.
absl::StatusOr<std::vector<Reply>> Parse(std::string_view bytes, size_t size) {
  ReplyParser parser;
  std::vector<Reply> replies;
  for (size_t at = 0; at < bytes.size(); at += size) {
    RETURN_IF_ERROR(parser.Feed(bytes.substr(at, size)));
    while (true) {
      Reply reply;
      ASSIGN_OR_RETURN(const bool complete, parser.Next(reply));
      if (!complete) break;
      replies.push_back(std::move(reply));
    }
  }
  return replies;
}

TEST(ReplyParserTest, ReadsEveryTypeHoweverItArrives) {
  const std::string_view bytes =
      "+OK\r\n-ERR no\r\n:-42\r\n$5\r\na\r\nbc\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n"
      "*3\r\n*2\r\n:1\r\n*1\r\n+deep\r\n-ERR inside\r\n$-1\r\n";
  const std::vector<Reply> wanted = {
      Reply::Status("OK"),
      Reply::Error("ERR no"),
      Reply::Integer(-42),
      Reply::Bulk("a\r\nbc"),
      Reply(),
      Reply(),
      Reply::Array({}),
      Reply::Bulk(""),
      Reply::Array({Reply::Array({Reply::Integer(1), Reply::Array({Reply::Status("deep")})}),
                    Reply::Error("ERR inside"), Reply()})};
  for (size_t size = 1; size <= bytes.size(); ++size) {
    const auto replies = Parse(bytes, size);
    ASSERT_TRUE(replies.ok()) << replies.status();
    EXPECT_EQ(*replies, wanted) << "in portions of " << size;
  }
}

TEST(ReplyParserTest, ReadsArraysWithMoreElementsThanItReserves) {
  std::string bytes = "*5000\r\n";
  for (int i = 0; i < 5000; ++i) bytes += fmt::format("*2\r\n:{}\r\n$3\r\nabc\r\n", i);
  const auto replies = Parse(bytes, 1000);
  ASSERT_TRUE(replies.ok());
  const auto elements = *(*replies)[0].AsArray();
  ASSERT_EQ(elements.size(), 5000u);
  for (int i = 0; i < 5000; ++i) {
    ASSERT_EQ(elements[static_cast<size_t>(i)], Reply::Array({Reply::Integer(i), Reply::Bulk("abc")}));
  }
}

TEST(ReplyParserTest, RefusesWhatIsNoRespOrTooDeep) {
  std::string deep;
  for (int i = 0; i < 12; ++i) deep += "*1\r\n";
  for (const std::string& bytes : {std::string("HTTP/1.1 400 Bad Request\r\n"), deep + ":1\r\n", std::string("$x\r\n"),
                                   std::string("*99999999999\r\n"), std::string("$-2\r\n")}) {
    const absl::Status error = Parse(bytes, 1000).status();
    EXPECT_EQ(error.code(), absl::StatusCode::kInternal) << bytes;
    EXPECT_EQ(status::Reason(error), kUnexpectedReply) << bytes;
  }
  // An array that only claims to be huge costs nothing.
  EXPECT_TRUE(Parse("*2147483647\r\n:1\r\n", 1000).ok());
}

TEST(ReplyParserTest, RefusesARepliesOfMoreThan512MiB) {
  ReplyParser parser;
  const std::string portion(64 << 20, 'x');
  ASSERT_EQ(parser.Feed("$600000000\r\n"), absl::OkStatus());
  Reply reply;
  for (int i = 0; i < 7; ++i) {
    ASSERT_EQ(parser.Feed(portion), absl::OkStatus());
    ASSERT_FALSE(*parser.Next(reply));
  }
  EXPECT_THAT(std::string(parser.Feed(portion).message()), HasSubstr("larger than 512 MiB"));
}

}  // namespace
}  // namespace smallbiznis::redis
