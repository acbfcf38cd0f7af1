// Every time-out, and that none fires while there is progress or a handler at work.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

#include "pkg/rpc/http/server.h"
#include "pkg/rpc/http/testing.h"

namespace smallbiznis::rpc::http {
namespace {

using std::chrono::steady_clock;
using testing::Client;
using testing::Desk;
using testing::Eventually;
using testing::OnFreePort;
using testing::Started;

constexpr absl::Duration kShort = absl::Milliseconds(60);
constexpr char kPing[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(TimeoutTest, ASlowRequestIsAnswered408) {
  ServerOptions options = OnFreePort();
  options.read_timeout = kShort;
  const auto server = Started(options);
  const char* const kParts[] = {
      "G",
      "GET / HTTP/1.1\r\nHost: ",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhell",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
  };
  for (const char* const part : kParts) {
    SCOPED_TRACE(part);
    Client client(server->port());
    const auto reply = client.Ask(part);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 408);
    EXPECT_EQ(reply->body, R"({"code":4,"message":"the request took too long to arrive","details":[]})");
    EXPECT_TRUE(client.Ends());
  }
}

// A byte now and then must not hold a connection for ever.
TEST(TimeoutTest, TheTimeRunsFromTheFirstByteOfARequest) {
  ServerOptions options = OnFreePort();
  options.read_timeout = kShort;
  const auto server = Started(options);
  Client client(server->port());
  const auto begin = steady_clock::now();
  ASSERT_TRUE(client.Send("GET /"));
  while (client.Send("a") && steady_clock::now() < begin + std::chrono::seconds(5)) std::this_thread::yield();
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(TimeoutTest, EachRequestHasItsOwnTime) {
  ServerOptions options = OnFreePort();
  options.read_timeout = absl::Milliseconds(200);
  const auto server = Started(options);
  Client client(server->port());
  const auto begin = steady_clock::now();
  while (steady_clock::now() < begin + std::chrono::milliseconds(500)) {
    ASSERT_TRUE(client.Send("GET / HT"));
    const auto reply = client.Ask("TP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(reply);
    ASSERT_EQ(reply->status, 200);
  }
}

TEST(TimeoutTest, AnIdleConnectionIsClosedWithoutAWord) {
  ServerOptions options = OnFreePort();
  options.idle_timeout = kShort;
  const auto server = Started(options);
  Client silent(server->port());
  EXPECT_TRUE(silent.Ends());
  Client used(server->port());
  ASSERT_TRUE(used.Ask(kPing));
  EXPECT_TRUE(used.Ends());
  EXPECT_TRUE(Eventually([&] { return server->connections() == 0; }));
}

TEST(TimeoutTest, ARequestInFlightHasAllTheTimeOfItsHandler) {
  Desk desk;
  ServerOptions options = OnFreePort();
  options.read_timeout = options.idle_timeout = options.write_timeout = absl::Milliseconds(20);
  const auto server = Started(options, desk.handler());
  Client slow(server->port());
  ASSERT_TRUE(slow.Send(kPing));
  auto taken = desk.Take();
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(Client(server->port()).Ends());  // four idle time-outs later
  taken.second.Send(Response{});
  const auto reply = slow.Read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
}

TEST(TimeoutTest, AClientThatDoesNotReadIsClosed) {
  ServerOptions options = OnFreePort();
  options.write_timeout = kShort;
  const auto server = Started(options, [](Request, Responder responder) {
    responder.Send(Response{200, {}, std::string(32 << 20, 'x')});
  });
  Client client(server->port(), /*receive_buffer=*/4096);
  ASSERT_TRUE(client.Send(kPing));
  ASSERT_TRUE(Eventually([&] { return server->connections() == 1; }));
  EXPECT_TRUE(Eventually([&] { return server->connections() == 0; }));
  EXPECT_FALSE(client.Read());
}

}  // namespace
}  // namespace smallbiznis::rpc::http
