#include "pkg/rpc/http/wire/parser.h"

#include <gtest/gtest.h>

namespace smallbiznis::rpc::http {
namespace {

using State = RequestParser::State;

TEST(ParserTest, TakesOneRequestAndLeavesTheNext) {
  RequestParser parser(1000, 1000);
  const std::string_view first = "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab";
  const std::string stream = std::string(first) + "GET /2 HTTP/1.1\r\n";
  EXPECT_EQ(parser.Parse(stream), first.size());
  EXPECT_EQ(parser.state(), State::kComplete);
  EXPECT_EQ(parser.request().target, "/1");
  EXPECT_EQ(parser.request().body, "ab");
  parser.Reset();
  EXPECT_FALSE(parser.started());
  EXPECT_EQ(parser.state(), State::kNeedMore);
}

TEST(ParserTest, GivesTheFactsForTheAnswer) {
  struct Case {
    const char* request;
    bool http11, keep_alive, head, accepts_gzip;
  };
  const Case kCases[] = {
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", true, true, false, false},
      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", true, false, false, false},
      {"HEAD / HTTP/1.0\r\n\r\n", false, false, true, false},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nAccept-Encoding: gzip\r\n\r\n", false, true, false, true},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.request);
    RequestParser parser(1000, 1000);
    parser.Parse(c.request);
    ASSERT_EQ(parser.state(), State::kComplete);
    EXPECT_EQ(parser.facts().http11, c.http11);
    EXPECT_EQ(parser.facts().keep_alive, c.keep_alive);
    EXPECT_EQ(parser.facts().head, c.head);
    EXPECT_EQ(parser.facts().accepts_gzip, c.accepts_gzip);
  }
}

TEST(ParserTest, SaysOnceThatTheClientWaits) {
  RequestParser parser(1000, 1000);
  parser.Parse("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_TRUE(parser.TakeExpectsContinue());
  EXPECT_FALSE(parser.TakeExpectsContinue());
}

TEST(ParserTest, DoesNotReserveWhatIsOnlyAnnounced) {
  RequestParser parser(1000, size_t{1} << 40);
  parser.Parse("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\nx");
  EXPECT_EQ(parser.state(), State::kNeedMore);
  EXPECT_LE(parser.request().body.capacity(), 64u * 1024);
}

}  // namespace
}  // namespace smallbiznis::rpc::http
