// Each limit at N and at N + 1.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "pkg/rpc/http/server.h"
#include "pkg/rpc/http/testing.h"

namespace smallbiznis::rpc::http {
namespace {

using testing::Client;
using testing::Eventually;
using testing::OnFreePort;
using testing::Started;

constexpr char kPing[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

// A request whose header has `size` bytes.
std::string WithHeaderOf(size_t size) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: x\r\nX: ";
  return begin + std::string(size - begin.size() - 4, 'a') + "\r\n\r\n";
}

TEST(LimitsTest, HeaderBytes) {
  ServerOptions options = OnFreePort();
  options.max_header_bytes = 5000;
  const auto server = Started(options);
  Client client(server->port());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(client.Ask(WithHeaderOf(5000))->status, 200);
  const auto reply = client.Ask(WithHeaderOf(5001));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 431);
  EXPECT_EQ(reply->body, R"({"code":3,"message":"the header is too large","details":[]})");
  EXPECT_TRUE(client.Ends());
}

TEST(LimitsTest, HeaderBytesThatArriveOneByOne) {
  ServerOptions options = OnFreePort();
  options.max_header_bytes = 100;
  const auto server = Started(options);
  Client good(server->port());
  for (const char c : WithHeaderOf(100)) ASSERT_TRUE(good.Send(std::string(1, c)));
  EXPECT_EQ(good.Read()->status, 200);
  Client bad(server->port());
  for (const char c : WithHeaderOf(101)) {
    if (!bad.Send(std::string(1, c))) break;
  }
  EXPECT_EQ(bad.Read()->status, 431);
}

TEST(LimitsTest, AnEndlessRequestLineIsCutOff) {
  ServerOptions options = OnFreePort();
  options.max_header_bytes = 1000;
  const auto server = Started(options);
  Client client(server->port());
  EXPECT_EQ(client.Ask("GET /" + std::string(100'000, 'a'))->status, 431);
  EXPECT_TRUE(client.Ends());
}

TEST(LimitsTest, AnEndlessTrailerIsCutOff) {
  ServerOptions options = OnFreePort();
  options.max_header_bytes = 1000;
  const auto server = Started(options);
  Client client(server->port());
  const std::string begin = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ";
  EXPECT_EQ(client.Ask(begin + std::string(100'000, 'a'))->status, 431);
}

TEST(LimitsTest, BodyBytes) {
  ServerOptions options = OnFreePort();
  options.max_body_bytes = 10;
  const auto server = Started(options);
  Client client(server->port());
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(client.Ask(post + "Content-Length: 10\r\n\r\n0123456789")->status, 200);
  // Before any of the body has come.
  const auto reply = client.Ask(post + "Content-Length: 11\r\n\r\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413);
  EXPECT_EQ(reply->body, R"({"code":3,"message":"the body is too large","details":[]})");
  EXPECT_EQ(reply->headers.at("connection"), "close");
}

TEST(LimitsTest, BodyBytesInChunks) {
  ServerOptions options = OnFreePort();
  options.max_body_bytes = 10;
  const auto server = Started(options);
  Client client(server->port());
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(client.Ask(post + "4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n")->status, 200);
  EXPECT_EQ(client.Ask(post + "4\r\n0123\r\n7\r\n")->status, 413);
}

// The client is still sending when it is refused: it must be able to read why.
TEST(LimitsTest, TheAnswerReachesAClientThatIsStillSending) {
  ServerOptions options = OnFreePort();
  options.max_body_bytes = 10;
  const auto server = Started(options);
  for (int i = 0; i < 10; ++i) {
    Client client(server->port());
    const std::string body(1 << 20, 'x');
    client.Send(fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.size()));
    client.Send(body);
    const auto reply = client.Read();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 413);
  }
}

TEST(LimitsTest, Connections) {
  ServerOptions options = OnFreePort();
  options.max_connections = 2;
  const auto server = Started(options);
  Client first(server->port());
  auto second = std::make_unique<Client>(server->port());
  EXPECT_EQ(first.Ask(kPing)->status, 200);
  EXPECT_EQ(second->Ask(kPing)->status, 200);
  Client third(server->port());
  const auto refused = third.Read();  // before it has asked anything
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->body, R"({"code":14,"message":"too many connections","details":[]})");
  EXPECT_TRUE(third.Ends());
  EXPECT_EQ(server->connections(), 2);

  second.reset();
  ASSERT_TRUE(Eventually([&] { return server->connections() == 1; }));
  Client fourth(server->port());
  EXPECT_EQ(fourth.Ask(kPing)->status, 200);
}

}  // namespace
}  // namespace smallbiznis::rpc::http
