#include "pkg/redis/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "pkg/redis/error.h"
#include "pkg/redis/testing/server.h"
#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

using ::testing::HasSubstr;

constexpr int kThreads = 16;

class ClientTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server = new TestServer; }
  static void TearDownTestSuite() { delete server; }
  void SetUp() override { server->Call(Command("FLUSHALL")); }

  static TestServer* server;
  Client client_{server->options()};
};
TestServer* ClientTest::server = nullptr;

TEST_F(ClientTest, SetsAndGets) {
  EXPECT_EQ(*client_.Do(Command("SET").Key("k").Arg("v")), Reply::Status("OK"));
  EXPECT_EQ(*client_.Do(Command("GET").Key("k")), Reply::Bulk("v"));
  EXPECT_TRUE(client_.Do(Command("GET").Key("nothing"))->IsNil());
  EXPECT_EQ(*client_.Do(Command("INCR").Key("n"))->AsInteger(), 1);
}

TEST_F(ClientTest, KeepsEveryByte) {
  std::string value;
  for (int byte = 0; byte < 256; ++byte) value += static_cast<char>(byte);
  ASSERT_TRUE(client_.Do(Command("SET").Key(value).Arg(value)).ok());
  EXPECT_EQ(*client_.Do(Command("GET").Key(value))->AsText(), value);
}

TEST_F(ClientTest, CarriesLargeValues) {
  for (const size_t size : {size_t{1} << 20, size_t{16} << 20}) {
    std::string value(size, 'x');
    for (size_t i = 0; i < size; i += 977) value[i] = static_cast<char>(i);
    ASSERT_TRUE(client_.Do(Command("SET").Key("large").Arg(value), absl::Seconds(20)).ok());
    const auto reply = client_.Do(Command("GET").Key("large"), absl::Seconds(20));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_TRUE(*reply->AsText() == value) << size;
  }
}

TEST_F(ClientTest, AnErrorReplyIsAnErrorWithRedisOwnWords) {
  ASSERT_TRUE(client_.Do(Command("SET").Key("k").Arg("v")).ok());
  const absl::Status wrong = client_.Do(Command("LPUSH").Key("k").Arg("v")).status();
  EXPECT_EQ(wrong.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status::Reason(wrong), kErrorReply);
  EXPECT_EQ(ErrorText(wrong), "WRONGTYPE Operation against a key holding the wrong kind of value");
  const Script script("return redis.error_reply('TASK_ID_CONFLICT of this task')");
  EXPECT_EQ(ErrorText(client_.Eval(script, {}, {}).status()), "TASK_ID_CONFLICT of this task");
}

TEST_F(ClientTest, PipelineAnswersInOrderAndKeepsErrorsApart) {
  std::vector<Command> commands;
  for (int i = 0; i < 1000; ++i) {
    commands.push_back(i % 10 == 3 ? Command("NONSENSE") : Command("ECHO").Arg(i));
  }
  const auto results = client_.Pipeline(commands);
  ASSERT_EQ(results.size(), 1000u);
  for (int i = 0; i < 1000; ++i) {
    const auto& result = results[static_cast<size_t>(i)];
    if (i % 10 == 3) {
      EXPECT_THAT(ErrorText(result.status()), HasSubstr("unknown command"));
    } else {
      EXPECT_EQ(*result, Reply::Bulk(std::to_string(i)));
    }
  }
  EXPECT_TRUE(client_.Pipeline({}).empty());
}

TEST_F(ClientTest, PipelineLargerThanAllBuffersDoesNotStall) {
  // Both directions full at once: a client that only wrote before it read would never end.
  const std::string value(1 << 20, 'v');
  std::vector<Command> commands;
  for (int i = 0; i < 48; ++i) commands.push_back(Command("ECHO").Arg(value));
  for (const auto& result : client_.Pipeline(commands, absl::Seconds(30))) {
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->AsText()->size(), value.size());
  }
}

// Every thread gets its own replies, none of another's.
void CallFromManyThreads(Client& client, int calls) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < calls; ++i) {
        if (i % 7 != 0) {
          const std::string text = fmt::format("{}:{}", t, i);
          const auto reply = client.Do(Command("ECHO").Arg(text), absl::Seconds(30));
          wrong += !(reply.ok() && *reply == Reply::Bulk(text));
          continue;
        }
        std::vector<Command> commands;
        for (int c = 0; c < 5; ++c) commands.push_back(Command("ECHO").Arg(fmt::format("{}:{}:{}", t, i, c)));
        const auto replies = i % 2 == 0 ? client.Pipeline(commands, absl::Seconds(30))
                                        : client.Start(commands, absl::Seconds(30))->Wait();
        for (int c = 0; c < 5; ++c) {
          const auto& reply = replies[static_cast<size_t>(c)];
          wrong += !(reply.ok() && *reply == Reply::Bulk(fmt::format("{}:{}:{}", t, i, c)));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(ClientTest, SixteenThreadsShareOneSocket) {
  CallFromManyThreads(client_, 500);
}

TEST_F(ClientTest, SixteenThreadsShareThreeSockets) {
  Options options = server->options();
  options.connections = 3;
  options.client_name = "three";
  Client client(options);
  CallFromManyThreads(client, 200);
  const std::string clients(*server->Call(Command("CLIENT").Arg("LIST")).AsText());
  size_t named = 0;
  for (size_t at = clients.find("name=three"); at != std::string::npos; at = clients.find("name=three", at + 1))
    ++named;
  EXPECT_EQ(named, 3u);
}

TEST_F(ClientTest, WhatOneThreadStartsIsExecutedInThatOrder) {
  ASSERT_TRUE(client_.Do(Command("PING")).ok());
  std::vector<std::unique_ptr<Pending>> started;
  for (int i = 0; i < 100; ++i) {
    started.push_back(client_.Start({Command("RPUSH").Key("list").Arg(i), Command("NONSENSE")}));
  }
  // Whoever calls meanwhile is not held up by what nobody waits for.
  EXPECT_EQ(*client_.Do(Command("LLEN").Key("list")), Reply::Integer(100));
  for (int i = 99; i >= 0; --i) {
    const auto results = started[static_cast<size_t>(i)]->Wait();
    ASSERT_EQ(results.size(), 2u);
    EXPECT_EQ(*results[0], Reply::Integer(i + 1));
    EXPECT_THAT(ErrorText(results[1].status()), HasSubstr("unknown command"));
  }
  EXPECT_TRUE(client_.Start({})->Wait().empty());
}

TEST_F(ClientTest, WhatIsStartedIsOnItsWayBeforeAnybodyWaits) {
  ASSERT_TRUE(client_.Do(Command("PING")).ok());
  const auto started = client_.Start({Command("LPUSH").Key("sent").Arg("x")});
  Client other(server->options());
  EXPECT_TRUE(other.MakeConnection()->Do(Command("BLPOP").Key("sent").Arg(20), absl::Seconds(30)).ok());
}

TEST_F(ClientTest, StartedScriptsThatRedisDoesNotKnowAreSentWhole) {
  const Script push("return redis.call('RPUSH', KEYS[1], ARGV[1])  -- started");
  const auto first = client_.Start({Command::Eval(push, {"list"}, {"a"})});
  const auto second = client_.Start({Command::Eval(push, {"list"}, {"b"})});
  EXPECT_EQ(*first->Wait()[0], Reply::Integer(1));
  EXPECT_EQ(*second->Wait()[0], Reply::Integer(2));
}

TEST_F(ClientTest, TheReplyToWhatWasGivenUpIsNobodyElses) {
  ASSERT_TRUE(client_.Do(Command("PING")).ok());
  for (int i = 0; i < 100; ++i) {
    client_.Start({Command("RPUSH").Key("list").Arg(i), Command("ECHO").Arg("nobody")}).reset();
    EXPECT_EQ(*client_.Do(Command("ECHO").Arg(i)), Reply::Bulk(std::to_string(i)));
  }
  EXPECT_EQ(*client_.Do(Command("LLEN").Key("list")), Reply::Integer(100));
}

TEST_F(ClientTest, WhatWasStartedOnAConnectionThatIsLostIsSaidToBeLost) {
  ASSERT_TRUE(client_.Do(Command("PING")).ok());
  const auto started = client_.Start({Command("BLPOP").Key("nothing").Arg(0)});
  bool blocked = false;
  for (int i = 0; i < 100000 && !blocked; ++i) {
    const Reply info = server->Call(Command("INFO").Arg("clients"));
    blocked = info.AsText()->find("blocked_clients:1\r\n") != std::string_view::npos;
  }
  ASSERT_TRUE(blocked);
  const auto behind = client_.Start({Command("RPUSH").Key("list").Arg("x")});
  server->Call(Command("CLIENT").Arg("KILL").Arg("TYPE").Arg("normal"));
  EXPECT_EQ(status::Reason(started->Wait()[0].status()), kReplyLost);
  EXPECT_FALSE(behind->Wait()[0].ok()) << "it was sent behind the other, and nobody knows whether it was executed";
  EXPECT_EQ(*client_.Do(Command("LLEN").Key("list")), Reply::Integer(0));
}

TEST_F(ClientTest, SendsAScriptOnceAndThenItsDigest) {
  const Script script("return {KEYS[1], ARGV[1], ARGV[2]}");
  const auto calls = [](std::string_view command) -> std::string {
    const Reply info = server->Call(Command("INFO").Arg("commandstats"));
    const std::string_view text = *info.AsText();
    const std::string mark = fmt::format("cmdstat_{}:calls=", command);
    const size_t at = text.find(mark);
    if (at == std::string_view::npos) return "0";
    return std::string(text.substr(at + mark.size(), text.find(',', at) - at - mark.size()));
  };
  server->Call(Command("CONFIG").Arg("RESETSTAT"));
  for (int i = 0; i < 3; ++i) {
    const auto reply = client_.Eval(script, {"key"}, std::vector<int>{i, 7});
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(*reply, Reply::Array({Reply::Bulk("key"), Reply::Bulk(std::to_string(i)), Reply::Bulk("7")}));
  }
  EXPECT_EQ(calls("eval"), "1");
  EXPECT_EQ(calls("evalsha"), "3");
  server->Call(Command("SCRIPT").Arg("FLUSH"));
  EXPECT_TRUE(client_.Eval(script, {"key"}, {"a", "b"}).ok());
  EXPECT_EQ(calls("eval"), "2");
}

TEST_F(ClientTest, PipelineSendsTheScriptsThatRedisDoesNotKnow) {
  const Script push("return redis.call('RPUSH', KEYS[1], ARGV[1])");
  const Script count("return redis.call('LLEN', KEYS[1])");
  const std::vector<Command> commands = {
      Command::Eval(push, {"list"}, {"a"}),
      Command("ECHO").Arg("x"),
      Command::Eval(push, {"list"}, {"b"}),
      Command::Eval(count, {"list"}, {}),
  };
  const auto results = client_.Pipeline(commands);
  EXPECT_EQ(*results[0], Reply::Integer(1));
  EXPECT_EQ(*results[1], Reply::Bulk("x"));
  EXPECT_EQ(*results[2], Reply::Integer(2));
  EXPECT_EQ(*results[3], Reply::Integer(2));
  EXPECT_EQ(*client_.Do(Command("LRANGE").Key("list").Arg(0).Arg(-1)),
            Reply::Array({Reply::Bulk("a"), Reply::Bulk("b")}));
}

TEST_F(ClientTest, OutOfMemoryIsResourceExhausted) {
  TestServer small({"--maxmemory", "1"});
  Client client(small.options());
  const absl::Status error = client.Do(Command("SET").Key("k").Arg("v")).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status::Reason(error), kOutOfMemory);
  EXPECT_TRUE(client.Do(Command("GET").Key("k")).ok());
}

TEST_F(ClientTest, UsesTheDatabaseOfItsOptions) {
  Options options = server->options();
  options.db = 3;
  Client client(options);
  ASSERT_TRUE(client.Do(Command("SET").Key("k").Arg("v")).ok());
  EXPECT_TRUE(client_.Do(Command("GET").Key("k"))->IsNil());
  options.db = 99;
  Client none(options);
  const absl::Status error = none.Do(Command("GET").Key("k")).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(error.message()), HasSubstr("DB index is out of range"));
}

}  // namespace
}  // namespace smallbiznis::redis
