// What callers see when Redis is slow, gone, or comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "pkg/redis/client.h"
#include "pkg/redis/error.h"
#include "pkg/redis/net/wait.h"
#include "pkg/redis/testing/server.h"
#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Threads that call all the time and check what they get.
class Callers {
 public:
  Callers(Client& client, int threads, absl::Duration timeout) : client_(client), timeout_(timeout) {
    for (int t = 0; t < threads; ++t) threads_.emplace_back([this, t] { Loop(t); });
  }
  ~Callers() { Stop(); }

  void Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  // Waits until so many more calls have succeeded.
  bool WaitFor(int more) {
    const int wanted = right_ + more;
    return Eventually([&] { return right_ >= wanted; });
  }

  int right() const { return right_; }
  int failed() const { return failed_; }
  // Another's reply, or an error that is none of those which a lost server explains.
  int wrong() const { return wrong_; }

 private:
  void Loop(int thread) {
    for (int i = 0; !stop_; ++i) {
      const std::string text = fmt::format("{}:{}", thread, i);
      const auto reply = client_.Do(Command("ECHO").Arg(text), timeout_);
      const std::string reason = status::Reason(reply.status());
      if (reply.ok()) {
        ++(*reply == Reply::Bulk(text) ? right_ : wrong_);
      } else {
        ++(reason == kReplyLost || reason == kUnavailable || reason == kTimeout ? failed_ : wrong_);
      }
    }
  }

  Client& client_;
  const absl::Duration timeout_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> right_ = 0;
  std::atomic<int> failed_ = 0;
  std::atomic<int> wrong_ = 0;
  std::vector<std::thread> threads_;
};

TEST(FaultTest, KillAndRestartWhileSixteenThreadsCall) {
  TestServer server;
  Client client(server.options());
  Callers callers(client, 16, absl::Seconds(10));
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(callers.WaitFor(500));
    server.Kill();
    server.Start();
  }
  ASSERT_TRUE(callers.WaitFor(500));
  callers.Stop();
  EXPECT_EQ(callers.wrong(), 0);
  // Only what was on its way when Redis died: no call waits for a restart in vain.
  EXPECT_LE(callers.failed(), 3 * 16);
}

TEST(FaultTest, ClientKillWhileSixteenThreadsCall) {
  TestServer server;
  Options options = server.options();
  options.connections = 2;
  Client client(options);
  Callers callers(client, 16, absl::Seconds(10));
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(callers.WaitFor(100));
    server.Call(Command("CLIENT").Arg("KILL").Arg("TYPE").Arg("normal"));
  }
  ASSERT_TRUE(callers.WaitFor(100));
  callers.Stop();
  EXPECT_EQ(callers.wrong(), 0);
}

TEST(FaultTest, WhatMayHaveBeenDoneIsNotSentAgain) {
  TestServer server;
  Client client(server.options());
  std::atomic<int> done = 0;
  std::atomic<int> unknown = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        const absl::Status status = client.Do(Command("INCR").Key("n"), absl::Seconds(20)).status();
        ++(status.ok() ? done : OutcomeUnknown(status) ? unknown : failed);
      }
    });
  }
  for (int round = 1; round <= 20; ++round) {
    EXPECT_TRUE(Eventually([&] { return done + unknown > round * 200; }));
    server.Call(Command("CLIENT").Arg("KILL").Arg("TYPE").Arg("normal"));
  }
  for (std::thread& thread : threads) thread.join();
  const int64_t counted = *client.Do(Command("INCRBY").Key("n").Arg(0))->AsInteger();
  EXPECT_EQ(failed, 0);
  EXPECT_GE(counted, done);
  EXPECT_LE(counted, done + unknown);
}

TEST(FaultTest, AConnectionClosedWhileIdleIsReplacedUnseen) {
  TestServer server;
  Client client(server.options());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(client.Do(Command("PING")).ok());
    server.Call(Command("CLIENT").Arg("KILL").Arg("TYPE").Arg("normal"));
  }
  ASSERT_TRUE(client.Do(Command("PING")).ok());
  server.Kill();
  server.Start();
  EXPECT_EQ(client.Do(Command("PING")).status(), absl::OkStatus());
}

TEST(FaultTest, ACallWaitsForARestart) {
  TestServer server;
  Client client(server.options());
  ASSERT_TRUE(client.Do(Command("PING")).ok());
  server.Kill();
  std::atomic<bool> done = false;
  std::thread caller([&] {
    EXPECT_EQ(client.Do(Command("PING"), absl::Seconds(20)).status(), absl::OkStatus());
    done = true;
  });
  EXPECT_FALSE(Eventually([&] { return done.load(); }, absl::Milliseconds(200)));
  server.Start();
  caller.join();
}

TEST(FaultTest, NobodyThereIsUnavailableWithAddressAndCause) {
  Options options{.endpoints = {{.host = "127.0.0.1", .port = 1}}, .password = "hunter2"};
  Client client(options);
  const Deadline before = Now();
  const absl::Status error = client.Do(Command("PING"), absl::Milliseconds(200)).status();
  EXPECT_GE(Now() - before, std::chrono::milliseconds(200));
  EXPECT_EQ(error.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status::Reason(error), kUnavailable);
  // The last attempt may have been cut short by the deadline.
  EXPECT_EQ(error.message().find("cannot reach Redis at 127.0.0.1:1: "), 0U) << error;
  EXPECT_FALSE(OutcomeUnknown(error));
}

TEST(FaultTest, AHostThatIsNoneIsUnavailable) {
  Client client({.endpoints = {{.host = "no-such-host.invalid", .port = 1}}});
  const absl::Status error = client.Do(Command("PING"), absl::Milliseconds(500)).status();
  EXPECT_EQ(status::Reason(error), kUnavailable);
  EXPECT_THAT(std::string(error.message()), HasSubstr("no-such-host.invalid:1"));
}

// What is no Redis: it answers everything with the same line.
TEST(FaultTest, AServerOfAnotherKindIsUnavailable) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 8), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::thread server([listener] {
    for (int fd = accept(listener, nullptr, nullptr); fd >= 0; fd = accept(listener, nullptr, nullptr)) {
      EXPECT_GT(send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL), 0);
      close(fd);
    }
  });
  Client client({.endpoints = {{.host = "127.0.0.1", .port = ntohs(address.sin_port)}}});
  const absl::Status error = client.Do(Command("PING"), absl::Milliseconds(200)).status();
  EXPECT_EQ(status::Reason(error), kUnavailable);
  EXPECT_THAT(std::string(error.message()), HasSubstr("unreadable reply"));
  shutdown(listener, SHUT_RDWR);
  server.join();
  close(listener);
}

TEST(FaultTest, AWrongPasswordFailsAtOnceAndIsNotRepeated) {
  TestServer server({}, "right");
  Options options = server.options();
  options.password = "hunter2";
  Client client(options);
  const Deadline before = Now();
  const absl::Status error = client.Do(Command("PING"), absl::Seconds(60)).status();
  EXPECT_LT(Now() - before, std::chrono::seconds(30));
  EXPECT_EQ(error.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(status::Reason(error), kAuthentication);
  EXPECT_THAT(std::string(error.message()), HasSubstr("WRONGPASS"));
  EXPECT_THAT(std::string(error.message()), Not(HasSubstr("hunter2")));
  options.password.clear();
  Client anonymous(options);
  EXPECT_EQ(anonymous.Do(Command("PING")).status().code(), absl::StatusCode::kUnauthenticated);
}

TEST(FaultTest, AServerThatRepeatsThePasswordIsNotQuoted) {
  TestServer server({"--rename-command", "AUTH", ""});
  Options options = server.options();
  options.password = "hunter2";
  Client client(options);
  const absl::Status error = client.Do(Command("PING")).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(error.message()), HasSubstr("unknown command"));
  EXPECT_THAT(std::string(error.message()), Not(HasSubstr("hunter2")));
}

TEST(FaultTest, ALateReplyIsNobodyElses) {
  TestServer server({"--enable-debug-command", "yes"});
  Client client(server.options());
  for (int i = 0; i < 3; ++i) {
    const absl::Status late = client.Do(Command("DEBUG").Arg("SLEEP").Arg("0.3"), absl::Milliseconds(50)).status();
    EXPECT_EQ(late.code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(status::Reason(late), kTimeout);
    EXPECT_TRUE(OutcomeUnknown(late));
    const auto reply = client.Do(Command("ECHO").Arg(i));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(*reply, Reply::Bulk(std::to_string(i)));
  }
}

TEST(FaultTest, WhatWasNotSentInTimeIsNeverSent) {
  TestServer server({"--enable-debug-command", "yes"});
  Client client(server.options());
  ASSERT_TRUE(client.Do(Command("PING")).ok());
  std::thread leader([&] { EXPECT_TRUE(client.Do(Command("DEBUG").Arg("SLEEP").Arg("1"), absl::Seconds(10)).ok()); });
  // The sleep is on its way once a call behind it is not sent any more.
  absl::Status error;
  EXPECT_TRUE(Eventually([&] {
    error = client.Do(Command("SET").Key("unsent").Arg("v"), absl::Milliseconds(50)).status();
    return status::Reason(error) == kUnavailable;
  }));
  EXPECT_EQ(error.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(error.message()), HasSubstr("busy with earlier commands"));
  leader.join();
  EXPECT_TRUE(client.Do(Command("PING")).ok());
}

TEST(FaultTest, AServerThatKeepsSilentIsGivenUp) {
  TestServer server;
  Options options = server.options();
  options.command_timeout = absl::Milliseconds(300);
  Client client(options);
  const int64_t first = *client.Do(Command("CLIENT").Arg("ID"))->AsInteger();
  server.Suspend();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3; ++i) {
        const Deadline before = Now();
        const absl::Status error = client.Do(Command("PING")).status();
        EXPECT_THAT(status::Reason(error), AnyOf(kTimeout, kReplyLost, kUnavailable)) << error;
        EXPECT_LT(Now() - before, std::chrono::seconds(5));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  server.Resume();
  EXPECT_TRUE(Eventually([&] { return client.Do(Command("PING")).ok(); }));
  EXPECT_EQ(*client.Do(Command("ECHO").Arg("x"), absl::Seconds(5)), Reply::Bulk("x"));
  EXPECT_NE(*client.Do(Command("CLIENT").Arg("ID"), absl::Seconds(5))->AsInteger(), first);
}

TEST(FaultTest, ClientPauseIsATimeOut) {
  TestServer server;
  Client client(server.options());
  ASSERT_TRUE(client.Do(Command("PING")).ok());
  server.Call(Command("CLIENT").Arg("PAUSE").Arg(500));
  EXPECT_EQ(status::Reason(client.Do(Command("PING"), absl::Milliseconds(50)).status()), kTimeout);
  EXPECT_EQ(*client.Do(Command("ECHO").Arg("x"), absl::Seconds(10)), Reply::Bulk("x"));
}

TEST(FaultTest, AReplicaIsLeftForWhoeverIsTheMasterNow) {
  TestServer server;
  Client client(server.options());
  const int64_t first = *client.Do(Command("CLIENT").Arg("ID"))->AsInteger();
  server.Call(Command("REPLICAOF").Arg("127.0.0.1").Arg(1));
  const absl::Status error = client.Do(Command("SET").Key("k").Arg("v")).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(OutcomeUnknown(error));
  server.Call(Command("REPLICAOF").Arg("NO").Arg("ONE"));
  EXPECT_TRUE(client.Do(Command("SET").Key("k").Arg("v")).ok());
  EXPECT_NE(*client.Do(Command("CLIENT").Arg("ID"))->AsInteger(), first);
}

}  // namespace
}  // namespace smallbiznis::redis
