// The end: nothing is lost, and it is bounded.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

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

constexpr char kPing[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(DrainTest, EveryRequestInFlightIsAnswered) {
  Desk desk;
  const auto server = Started(OnFreePort(), desk.handler());
  constexpr int kClients = 32;
  std::vector<Client> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(server->port());
    ASSERT_TRUE(clients.back().Send(fmt::format("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", i)));
  }
  ASSERT_TRUE(Eventually([&] { return desk.size() == kClients; }));
  std::thread drain([&] { server->Drain(absl::Seconds(10)); });
  ASSERT_TRUE(Eventually([&] { return !Client(server->port()).connected(); }));
  for (int i = 0; i < kClients; ++i) {
    auto taken = desk.Take();
    taken.second.Send(Response{200, {}, taken.first.target});
  }
  for (int i = 0; i < kClients; ++i) {
    const auto reply = clients[i].Read();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, fmt::format("/{}", i));
    EXPECT_EQ(reply->headers.at("connection"), "close");
    EXPECT_TRUE(clients[i].Ends());
  }
  clients.clear();
  drain.join();
  EXPECT_EQ(server->connections(), 0);
}

// What the kernel has taken from the client is in flight too, whether we have read it or not.
TEST(DrainTest, EveryRequestSentBeforeIsAnswered) {
  for (int round = 0; round < 20; ++round) {
    const auto server = Started(OnFreePort());
    std::vector<Client> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back(server->port());
      ASSERT_TRUE(clients.back().Send(kPing));
    }
    std::thread drain([&] { server->Drain(absl::Seconds(10)); });
    for (Client& client : clients) {
      const auto reply = client.Read();
      ASSERT_TRUE(reply);
      EXPECT_EQ(reply->status, 200);
    }
    clients.clear();
    drain.join();
  }
}

TEST(DrainTest, UnderLoadNoAnswerIsCutShort) {
  const auto server = Started(OnFreePort(), [](Request, Responder responder) {
    std::thread([responder = std::move(responder)]() mutable {
      responder.Send(Response{200, {}, std::string(100'000, 'x')});
    }).detach();
  });
  std::atomic<int> answered = 0;
  std::atomic<int> cut = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      Client client(server->port());
      while (true) {
        const auto reply = client.Ask(kPing);
        // Closed between two requests is fair, closed after "keep-alive" with the next request on its way is HTTP.
        if (!reply) break;
        ++answered;
        if (reply->body.size() != 100'000) ++cut;
        if (reply->headers.contains("connection")) break;
      }
    });
  }
  ASSERT_TRUE(Eventually([&] { return answered > 50; }));
  server->Drain(absl::Seconds(10));
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(server->connections(), 0);
  EXPECT_EQ(cut, 0);
}

TEST(DrainTest, IdleConnectionsAreClosedAtOnce) {
  const auto server = Started(OnFreePort());
  Client used(server->port());
  ASSERT_TRUE(used.Ask(kPing));
  Client silent(server->port());
  ASSERT_TRUE(Eventually([&] { return server->connections() == 2; }));
  const auto begin = steady_clock::now();
  server->Drain(absl::Seconds(10));
  EXPECT_LT(steady_clock::now() - begin, std::chrono::milliseconds(500));
  EXPECT_TRUE(used.Ends());
  EXPECT_TRUE(silent.Ends());
}

TEST(DrainTest, ARequestHalfReceivedMayArrive) {
  const auto server = Started(OnFreePort());
  Client client(server->port());
  ASSERT_TRUE(client.Ask(kPing));
  ASSERT_TRUE(client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel"));
  std::thread drain([&] { server->Drain(absl::Seconds(10)); });
  ASSERT_TRUE(Eventually([&] { return !Client(server->port()).connected(); }));
  const auto reply = client.Ask("lo");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "POST / hello");
  EXPECT_TRUE(client.Ends());
  { const Client gone = std::move(client); }
  drain.join();
}

TEST(DrainTest, IsBoundedByItsLimit) {
  Desk desk;
  const auto server = Started(OnFreePort(), desk.handler());
  Client client(server->port());
  ASSERT_TRUE(client.Send(kPing));
  auto taken = desk.Take();
  const auto begin = steady_clock::now();
  server->Drain(absl::Milliseconds(50));
  EXPECT_GE(steady_clock::now() - begin, std::chrono::milliseconds(50));
  EXPECT_EQ(server->connections(), 1);
}

TEST(DrainTest, IsLegalTwiceAndWithoutStart) {
  Server never(OnFreePort(), testing::Echo);
  never.Drain(absl::Seconds(1));
  never.Drain(absl::Seconds(1));
  EXPECT_EQ(never.Start().code(), absl::StatusCode::kFailedPrecondition);
  const auto server = Started(OnFreePort());
  server->Drain(absl::Seconds(1));
  server->Drain(absl::Seconds(1));
}

TEST(DrainTest, TheDestructorEndsWhatIsOpen) {
  Desk desk;
  auto server = Started(OnFreePort(), desk.handler());
  Client idle(server->port());
  Client busy(server->port());
  ASSERT_TRUE(busy.Send(kPing));
  ASSERT_TRUE(Eventually([&] { return desk.size() == 1 && server->connections() == 2; }));
  server.reset();
  EXPECT_TRUE(idle.Ends());
  EXPECT_TRUE(busy.Ends());
}

}  // namespace
}  // namespace smallbiznis::rpc::http
