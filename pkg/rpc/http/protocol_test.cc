// HTTP/1.0 and 1.1 as the RFCs have it, and what must be refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "pkg/rpc/http/server.h"
#include "pkg/rpc/http/testing.h"

namespace smallbiznis::rpc::http {
namespace {

using std::string_view_literals::operator""sv;
using testing::Client;
using testing::OnFreePort;
using testing::Started;

TEST(ProtocolTest, KeepsTheConnectionAsAsked) {
  const auto server = Started(OnFreePort());
  struct Case {
    const char* request;
    bool kept;
    const char* connection;  // of the answer
  };
  const Case kCases[] = {
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", true, ""},
      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", true, ""},
      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false, "close"},
      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: x, CLOSE\r\n\r\n", false, "close"},
      {"GET / HTTP/1.0\r\n\r\n", false, "close"},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, "keep-alive"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.request);
    Client client(server->port());
    const auto reply = client.Ask(c.request);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->headers.contains("connection") ? reply->headers.at("connection") : "", c.connection);
    if (c.kept) {
      EXPECT_TRUE(client.Ask(c.request));
    } else {
      EXPECT_TRUE(client.Ends());
    }
  }
}

TEST(ProtocolTest, TellsAClientThatWaitsToContinue) {
  const auto server = Started(OnFreePort());
  Client client(server->port());
  ASSERT_TRUE(client.Send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
  const auto interim = client.Read();
  ASSERT_TRUE(interim);
  EXPECT_EQ(interim->status, 100);
  const auto reply = client.Ask("ok");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "POST / ok");
}

TEST(ProtocolTest, DoesNotAskForABodyItAlreadyHasOrWouldRefuse) {
  ServerOptions options = OnFreePort();
  options.max_body_bytes = 10;
  const auto server = Started(options);
  Client eager(server->port());
  auto reply = eager.Ask("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  Client large(server->port());
  reply = large.Ask("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413);
}

TEST(ProtocolTest, ReadsChunkedBodies) {
  const auto server = Started(OnFreePort());
  Client client(server->port());
  const std::string request =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6;name=value\r\n world\r\n0\r\nTrailer: t\r\n\r\n";
  for (const char c : request) ASSERT_TRUE(client.Send(std::string(1, c)));
  auto reply = client.Read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "POST / hello world");
  reply = client.Ask(request + request);
  ASSERT_TRUE(reply);
  reply = client.Read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "POST / hello world");
}

TEST(ProtocolTest, DropsTheBodyForHeadAndKeepsItsLength) {
  const auto server = Started(OnFreePort());
  Client client(server->port());
  ASSERT_TRUE(client.Send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\nGET /y HTTP/1.1\r\nHost: x\r\n\r\n"));
  const auto head = client.Read(/*to_head=*/true);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->headers.at("content-length"), "8");
  const auto next = client.Read();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->body, "GET /y ");
}

TEST(ProtocolTest, SendsNoBodyWhereThereIsNone) {
  const auto server = Started(OnFreePort(), [](Request request, Responder responder) {
    responder.Send(Response{request.target == "/204" ? 204 : 304, {}, "must not be sent"});
  });
  Client client(server->port());
  for (const int status : {204, 304}) {
    const auto reply = client.Ask(fmt::format("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", status));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, status);
    EXPECT_FALSE(reply->headers.contains("content-length"));
  }
}

TEST(ProtocolTest, RefusesWhatCanBeReadInTwoWays) {
  const auto server = Started(OnFreePort());
  struct Case {
    std::string request;
    int status;
  };
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  const Case kCases[] = {
      {"GET / HTTP/1.1\r\n\r\n", 400},                        // no Host
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},  // two
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400},             //
      {"GET / HTTP/1.1\nHost: x\n\n", 400},                   // bare LF
      {"GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", 400},       //
      {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},            // space before the colon
      {"GET / HTTP/1.1\r\nHost: x\r\nX Y: z\r\n\r\n", 400},   //
      {"GET / HTTP/1.1\r\nHost: x\r\n: z\r\n\r\n", 400},      //
      {std::string("GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n"sv), 400},
      {"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET / / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"\x16\x03\x01\x02\x03\r\n\r\n", 400},  // TLS to a plain port
      {post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
      {post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
      {post + "Content-Length: 3, 4\r\n\r\nabcd", 400},
      {post + "Content-Length: -1\r\n\r\n", 400},
      {post + "Content-Length: +3\r\n\r\nabc", 400},
      {post + "Content-Length: 0x3\r\n\r\nabc", 400},
      {post + "Content-Length: 99999999999999999999\r\n\r\nabc", 400},
      {post + "Content-Length:\r\n\r\n", 400},
      {post + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
      {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400},
      {post + "Expect: a-miracle\r\nContent-Length: 1\r\n\r\n", 417},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.request);
    Client client(server->port());
    const auto reply = client.Ask(c.request);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, c.status);
    EXPECT_EQ(reply->headers.at("connection"), "close");
    EXPECT_EQ(reply->headers.at("content-type"), "application/json");
    EXPECT_EQ(reply->body.find(c.status == 501 ? R"({"code":12,"message":")" : R"({"code":3,"message":")"), 0u);
    EXPECT_TRUE(client.Ends());
  }
}

TEST(ProtocolTest, TakesWhatIsUnusualButLegal) {
  const auto server = Started(OnFreePort());
  struct Case {
    const char* request;
    const char* body;
  };
  const Case kCases[] = {
      {"GET http://example.com/a?b HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a?b "},
      {"GET HTTP://example.com HTTP/1.1\r\nHost: x\r\n\r\n", "GET / "},
      {"GET https://example.com?q HTTP/1.1\r\nHost: x\r\n\r\n", "GET /?q "},
      {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS * "},
      {"\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / "},
      {"BREW /pot HTTP/1.1\r\nHost:\r\n\r\n", "BREW /pot "},
      {"POST / HTTP/1.1\r\nhost: x\r\nCONTENT-LENGTH: 1\r\nContent-Length: 1\r\n\r\na", "POST / a"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
       "POST / 0123456789"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.request);
    Client client(server->port());
    const auto reply = client.Ask(c.request);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, c.body);
  }
}

TEST(ProtocolTest, TheTargetsHostGoesBeforeTheHeaders) {
  const auto server = Started(OnFreePort(), [](Request request, Responder responder) {
    responder.Send(Response{200, {}, std::string(*request.headers.Find("host"))});
  });
  Client client(server->port());
  const auto reply = client.Ask("GET http://target.example/ HTTP/1.1\r\nHost: header.example\r\n\r\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "target.example");
}

TEST(ProtocolTest, TrailersDoNotPassForHeaders) {
  const auto server = Started(OnFreePort(), [](Request request, Responder responder) {
    responder.Send(Response{200, {}, request.headers.Find("Authorization") ? "forged" : "clean"});
  });
  Client client(server->port());
  const auto reply = client.Ask(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: Bearer x\r\n\r\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "clean");
}

}  // namespace
}  // namespace smallbiznis::rpc::http
