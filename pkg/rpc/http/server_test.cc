// What a connection is for: many requests, in order, whoever answers them and whenever.
#include "pkg/rpc/http/server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "pkg/rpc/http/testing.h"

namespace smallbiznis::rpc::http {
namespace {

using std::string_view_literals::operator""sv;
using testing::Client;
using testing::Desk;
using testing::Echo;
using testing::Eventually;
using testing::OnFreePort;
using testing::Reply;
using testing::Started;

std::string Get(std::string_view target) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", target);
}

TEST(ServerTest, AnswersManyRequestsOverOneConnection) {
  const auto server = Started(OnFreePort());
  Client client(server->port());
  for (int i = 0; i < 100; ++i) {
    const auto reply = client.Ask(fmt::format("POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", i));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, fmt::format("POST /{} hello", i));
    EXPECT_EQ(reply->headers.at("content-type"), "text/plain");
    EXPECT_EQ(reply->headers.at("date").size(), std::string("Sun, 06 Nov 1994 08:49:37 GMT").size());
    EXPECT_FALSE(reply->headers.contains("connection"));
  }
  EXPECT_EQ(server->connections(), 1);
}

TEST(ServerTest, HandsTheRequestOverAsItCame) {
  Desk desk;
  const auto server = Started(OnFreePort(), desk.handler());
  Client client(server->port());
  ASSERT_TRUE(
      client.Send("PATCH /a%20b?c=%41 HTTP/1.1\r\nHost: x\r\nX-One: 1\r\nx-two:  2 \r\n"
                  "Content-Length: 3\r\n\r\na\0b"sv));
  auto [request, responder] = desk.Take();
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.target, "/a%20b?c=%41");
  EXPECT_EQ(request.headers.Find("x-one"), "1");
  EXPECT_EQ(request.headers.Find("X-TWO"), "2");
  EXPECT_EQ(request.headers.Find("X-Three"), std::nullopt);
  EXPECT_EQ(request.body, "a\0b"sv);
  EXPECT_EQ(request.peer.substr(0, 10), "127.0.0.1:");
  EXPECT_FALSE(request.tls);
}

TEST(ServerTest, AnswersPipelinedRequestsInTheirOrder) {
  Desk desk;
  const auto server = Started(OnFreePort(), desk.handler());
  Client client(server->port());
  std::string burst;
  for (int i = 0; i < 20; ++i) burst += Get(fmt::format("/{}", i));
  ASSERT_TRUE(client.Send(burst));
  std::vector<std::thread> workers;  // each answers from a thread of its own
  for (int i = 0; i < 20; ++i) {
    workers.emplace_back([taken = desk.Take()]() mutable { taken.second.Send(Response{200, {}, taken.first.target}); });
  }
  for (int i = 0; i < 20; ++i) {
    const auto reply = client.Read();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, fmt::format("/{}", i));
  }
  for (std::thread& worker : workers) worker.join();
}

TEST(ServerTest, PipelinedRequestsAnsweredAtOnceDoNotStarveOthers) {
  const auto server = Started(OnFreePort());
  Client greedy(server->port());
  std::string burst;
  for (int i = 0; i < 1000; ++i) burst += Get("/greedy");
  ASSERT_TRUE(greedy.Send(burst));
  Client other(server->port());
  EXPECT_TRUE(other.Ask(Get("/other")));
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(greedy.Read());
}

TEST(ServerTest, ServesManyConnectionsAtOnce) {
  ServerOptions options = OnFreePort();
  options.threads = 2;
  const auto server = Started(options, [](Request request, Responder responder) {
    std::thread([request = std::move(request), responder = std::move(responder)]() mutable {
      Echo(std::move(request), std::move(responder));
    }).detach();
  });
  std::vector<std::thread> clients;
  std::atomic<int> good = 0;
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&, c] {
      Client client(server->port());
      for (int i = 0; i < 50; ++i) {
        const std::string target = fmt::format("/{}/{}", c, i);
        const auto reply = client.Ask(Get(target));
        good += reply && reply->body == "GET " + target + " ";
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 400);
  EXPECT_TRUE(Eventually([&] { return server->connections() == 0; }));
}

TEST(ServerTest, WritesAnswersLargerThanTheSocketTakes) {
  const std::string large(8 << 20, 'x');
  const auto server = Started(OnFreePort(), [&](Request, Responder responder) {
    responder.Send(Response{200, {}, large});
  });
  Client client(server->port(), /*receive_buffer=*/4096);
  for (int i = 0; i < 2; ++i) {
    const auto reply = client.Ask(Get("/"));
    ASSERT_TRUE(reply);
    EXPECT_TRUE(reply->body == large);
  }
}

TEST(ServerTest, TakesBodiesUpToTheLimit) {
  const auto server = Started(OnFreePort());
  Client client(server->port());
  const std::string large(4 << 20, 'y');
  const auto reply =
      client.Ask(fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", large.size(), large));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body.size(), large.size() + 7);
}

TEST(ServerTest, AnswersFiveHundredForAResponderDestroyedUnused) {
  const auto server = Started(OnFreePort(), [](Request, Responder) {});
  Client client(server->port());
  for (int i = 0; i < 2; ++i) {  // and the connection stays usable
    const auto reply = client.Ask(Get("/"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 500);
    EXPECT_EQ(reply->body, R"({"code":13,"message":"the server did not answer this request","details":[]})");
  }
}

TEST(ServerTest, AnswersMayComeAfterTheClientHasGone) {
  Desk desk;
  const auto server = Started(OnFreePort(), desk.handler());
  for (int i = 0; i < 3; ++i) {
    Client client(server->port());
    ASSERT_TRUE(client.Send(Get("/")));
    auto taken = desk.Take();
    client.Abort();
    taken.second.Send(Response{200, {}, std::string(1 << 20, 'x')});
    EXPECT_TRUE(Eventually([&] { return server->connections() == 0; }));
  }
}

TEST(ServerTest, AnswersMayComeAfterTheServerIsDestroyed) {
  Desk desk;
  auto server = Started(OnFreePort(), desk.handler());
  Client client(server->port());
  ASSERT_TRUE(client.Send(Get("/sent")));
  Client second(server->port());
  ASSERT_TRUE(second.Send(Get("/dropped")));
  auto sent = desk.Take();
  auto dropped = std::make_unique<std::pair<Request, Responder>>(desk.Take());
  server.reset();
  sent.second.Send(Response{});
  dropped.reset();
  EXPECT_TRUE(client.Ends());
}

TEST(ServerTest, SurvivesClientsThatAbortAtAnyPoint) {
  const auto server = Started(OnFreePort());
  const std::string request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
  for (size_t cut = 0; cut <= request.size(); ++cut) {
    Client client(server->port());
    ASSERT_TRUE(client.Send(request.substr(0, cut)));
    client.Abort();
  }
  Client client(server->port());
  EXPECT_TRUE(client.Ask(request));
  EXPECT_TRUE(Eventually([&] { return server->connections() == 1; }));
}

}  // namespace
}  // namespace smallbiznis::rpc::http
