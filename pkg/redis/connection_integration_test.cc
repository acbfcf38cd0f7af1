#include "pkg/redis/connection.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "pkg/redis/client.h"
#include "pkg/redis/error.h"
#include "pkg/redis/net/wait.h"
#include "pkg/redis/testing/server.h"
#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

const Command& Move() {
  static const Command kMove = Command("BLMOVE").Key("from").Arg("to").Arg("RIGHT").Arg("LEFT").Arg(0);
  return kMove;
}

class ConnectionTest : public ::testing::Test {
 protected:
  // Somebody waits for the list.
  bool Blocked() {
    const Reply clients = server_.Call(Command("INFO").Arg("clients"));
    return clients.AsText()->find("blocked_clients:1") != std::string_view::npos;
  }

  TestServer server_;
  Client client_{server_.options()};
  std::unique_ptr<Connection> connection_ = client_.MakeConnection();
};

TEST_F(ConnectionTest, WaitsForAnElementWithoutHoldingUpOthers) {
  std::thread waiting([&] {
    const auto moved = connection_->Do(Move(), absl::Seconds(20));
    ASSERT_TRUE(moved.ok()) << moved.status();
    EXPECT_EQ(*moved, Reply::Bulk("element"));
  });
  EXPECT_TRUE(Eventually([&] { return Blocked(); }));
  EXPECT_TRUE(client_.Do(Command("LPUSH").Key("from").Arg("element")).ok());
  waiting.join();
}

TEST_F(ConnectionTest, InterruptEndsABlockedCallAtOnce) {
  absl::Status error;
  std::thread waiting([&] { error = connection_->Do(Move(), absl::Minutes(10)).status(); });
  EXPECT_TRUE(Eventually([&] { return Blocked(); }));
  const Deadline before = Now();
  connection_->Interrupt();
  waiting.join();
  EXPECT_LT(Now() - before, std::chrono::seconds(2));
  EXPECT_EQ(error.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(status::Reason(error), kInterrupted);
  EXPECT_EQ(status::Reason(connection_->Do(Command("PING"), absl::Seconds(1)).status()), kInterrupted);
  // Nobody is left who would take the element.
  EXPECT_TRUE(Eventually([&] { return !Blocked(); }));
  EXPECT_TRUE(client_.Do(Command("LPUSH").Key("from").Arg("element")).ok());
  EXPECT_EQ(*client_.Do(Command("LLEN").Key("from"))->AsInteger(), 1);
}

TEST_F(ConnectionTest, InterruptEndsAnAttemptToConnect) {
  server_.Suspend();  // the system accepts the connection, Redis does not answer
  absl::Status error;
  std::thread waiting([&] { error = connection_->Do(Command("PING"), absl::Minutes(10)).status(); });
  connection_->Interrupt();
  waiting.join();
  EXPECT_EQ(status::Reason(error), kInterrupted);
  server_.Resume();
}

TEST_F(ConnectionTest, ATimeOutClosesTheConnection) {
  EXPECT_EQ(status::Reason(connection_->Do(Move(), absl::Milliseconds(50)).status()), kTimeout);
  EXPECT_EQ(*connection_->Do(Command("ECHO").Arg("x"), absl::Seconds(5)), Reply::Bulk("x"));
  EXPECT_TRUE(Eventually([&] { return !Blocked(); }));
}

TEST_F(ConnectionTest, ComesBackAfterItWasLost) {
  ASSERT_TRUE(connection_->Do(Command("PING"), absl::Seconds(5)).ok());
  server_.Kill();
  server_.Start();
  EXPECT_EQ(connection_->Do(Command("PING"), absl::Seconds(5)).status(), absl::OkStatus());
  absl::Status error;
  std::thread waiting([&] { error = connection_->Do(Move(), absl::Minutes(10)).status(); });
  EXPECT_TRUE(Eventually([&] { return Blocked(); }));
  server_.Kill();
  waiting.join();
  EXPECT_EQ(status::Reason(error), kReplyLost);
  const absl::Status gone = connection_->Do(Command("PING"), absl::Milliseconds(50)).status();
  EXPECT_EQ(status::Reason(gone), kUnavailable);
  server_.Start();
  EXPECT_TRUE(connection_->Do(Command("PING"), absl::Seconds(5)).ok());
}

TEST_F(ConnectionTest, SendsAScriptThatRedisDoesNotKnow) {
  const Script script("return ARGV[1]");
  const Command command = Command::Eval(script, {}, {"x"});
  EXPECT_EQ(*connection_->Do(command, absl::Seconds(5)), Reply::Bulk("x"));
  EXPECT_EQ(*connection_->Do(command, absl::Seconds(5)), Reply::Bulk("x"));
}

TEST_F(ConnectionTest, CarriesTransactions) {
  EXPECT_TRUE(connection_->Do(Command("MULTI"), absl::Seconds(5)).ok());
  EXPECT_EQ(*connection_->Do(Command("INCR").Key("n"), absl::Seconds(5)), Reply::Status("QUEUED"));
  EXPECT_EQ(*connection_->Do(Command("EXEC"), absl::Seconds(5)), Reply::Array({Reply::Integer(1)}));
}

TEST_F(ConnectionTest, OutlivesItsClient) {
  auto client = std::make_unique<Client>(server_.options());
  const std::unique_ptr<Connection> connection = client->MakeConnection();
  client.reset();
  EXPECT_TRUE(connection->Do(Command("PING"), absl::Seconds(5)).ok());
}

}  // namespace
}  // namespace smallbiznis::redis
