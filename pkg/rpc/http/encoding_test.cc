// Content codings of requests and answers, end to end.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "pkg/rpc/http/server.h"
#include "pkg/rpc/http/testing.h"
#include "pkg/rpc/http/wire/gzip.h"

namespace smallbiznis::rpc::http {
namespace {

using testing::Client;
using testing::OnFreePort;
using testing::Started;

std::string Post(std::string_view encoding, std::string_view body) {
  return fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: {}\r\nContent-Length: {}\r\n\r\n{}", encoding,
                     body.size(), body);
}

TEST(EncodingTest, InflatesRequestBodies) {
  const auto server = Started(OnFreePort());
  Client client(server->port());
  const std::string packed = Gzip("hello");
  for (const char* const encoding : {"gzip", "GZIP", "x-gzip"}) {
    EXPECT_EQ(client.Ask(Post(encoding, packed))->body, "POST / hello");
  }
  EXPECT_EQ(client.Ask(Post("identity", "hello"))->body, "POST / hello");
}

TEST(EncodingTest, RefusesWhatItCannotInflate) {
  const auto server = Started(OnFreePort());
  struct Case {
    std::string encoding;
    std::string body;
    int status;
  };
  const std::string packed = Gzip("hello");
  const Case kCases[] = {
      {"br", "x", 415},
      {"deflate", "x", 415},
      {"gzip, gzip", packed, 415},
      {"gzip", "hello", 400},
      {"gzip", "", 400},
      {"gzip", packed.substr(0, packed.size() - 1), 400},
      {"gzip", packed + "x", 400},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.encoding + " " + c.body);
    Client client(server->port());
    const auto reply = client.Ask(Post(c.encoding, c.body));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, c.status);
    EXPECT_EQ(reply->headers.contains("accept-encoding"), c.status == 415);
  }
}

TEST(EncodingTest, AZipBombStopsAtTheBodyLimit) {
  ServerOptions options = OnFreePort();
  options.max_body_bytes = 100'000;
  const auto server = Started(options);
  Client client(server->port());
  EXPECT_EQ(client.Ask(Post("gzip", Gzip(std::string(100'000, 'x'))))->status, 200);
  EXPECT_EQ(client.Ask(Post("gzip", Gzip(std::string(100'001, 'x'))))->status, 413);
  Client bomber(server->port());
  const std::string bomb = Gzip(std::string(64 << 20, 'x'));
  ASSERT_LT(bomb.size(), options.max_body_bytes * 4);
  EXPECT_EQ(bomber.Ask(Post("gzip", bomb.substr(0, 90'000)))->status, 413);
}

TEST(EncodingTest, CompressesAnswersForClientsThatTakeIt) {
  ServerOptions options = OnFreePort();
  options.gzip_min_bytes = 1000;
  const auto server = Started(options, [](Request request, Responder responder) {
    Response response;
    response.body = std::string(request.target == "/long" || request.target == "/coded" ? 1000 : 999, 'x');
    if (request.target == "/coded") response.headers.Add("content-encoding", "br");
    responder.Send(std::move(response));
  });
  struct Case {
    const char* target;
    const char* accept;
    const char* encoding;
    bool varies;
  };
  const Case kCases[] = {
      {"/long", "gzip", "gzip", true}, {"/long", "br;q=1, gzip;q=0.1", "gzip", true},
      {"/long", "gzip;q=0", "", true}, {"/long", "br", "", true},
      {"/short", "gzip", "", false},   {"/coded", "gzip", "br", false},
  };
  Client client(server->port());
  for (const Case& c : kCases) {
    SCOPED_TRACE(fmt::format("{} {}", c.target, c.accept));
    const auto reply =
        client.Ask(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {}\r\n\r\n", c.target, c.accept));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->headers.contains("content-encoding") ? reply->headers.at("content-encoding") : "", c.encoding);
    EXPECT_EQ(reply->headers.contains("vary"), c.varies);
    if (std::string_view(c.encoding) == "gzip") {
      EXPECT_LT(reply->body.size(), 100u);
      EXPECT_EQ(*Gunzip(reply->body, 1000), std::string(1000, 'x'));
    }
  }
}

TEST(EncodingTest, HeadHasTheHeadersOfGet) {
  const auto server = Started(OnFreePort(), [](Request, Responder responder) {
    responder.Send(Response{200, {}, std::string(5000, 'x')});
  });
  Client client(server->port());
  const auto get = client.Ask("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
  ASSERT_TRUE(client.Send("HEAD / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"));
  const auto head = client.Read(/*to_head=*/true);
  ASSERT_TRUE(get && head);
  EXPECT_EQ(head->headers.at("content-length"), get->headers.at("content-length"));
  EXPECT_EQ(head->headers.at("content-encoding"), "gzip");
}

}  // namespace
}  // namespace smallbiznis::rpc::http
