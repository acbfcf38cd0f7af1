#include "pkg/redis/internal/cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "pkg/redis/client.h"
#include "pkg/redis/connection.h"
#include "pkg/redis/error.h"
#include "pkg/redis/subscriber.h"
#include "pkg/redis/testing/server.h"
#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

constexpr char kPassword[] = "secret";

// Three nodes with a third of the slots each, and a replica of the first.
class ClusterTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    nodes = new std::vector<std::unique_ptr<TestServer>>;
    for (int i = 0; i < 4; ++i) {
      bus_ports.push_back(FreePort());
      nodes->push_back(std::make_unique<TestServer>(
          std::vector<std::string>{"--cluster-enabled", "yes", "--cluster-port", std::to_string(bus_ports.back()),
                                   "--cluster-node-timeout", "1000", "--cluster-require-full-coverage", "no",
                                   "--cluster-replica-validity-factor", "0"},
          kPassword));
    }
    for (int i = 0; i < 3; ++i) {
      Call(i, Command("CLUSTER").Arg("ADDSLOTSRANGE").Arg(i * 5461).Arg(i == 2 ? kSlots - 1 : i * 5461 + 5460));
    }
    for (size_t i = 1; i < 4; ++i) {
      Call(0, Command("CLUSTER").Arg("MEET").Arg("127.0.0.1").Arg((*nodes)[i]->port()).Arg(bus_ports[i]));
    }
    ASSERT_TRUE(Eventually([] { return EveryNodeSays("cluster_known_nodes:4"); }));
    Call(3, Command("CLUSTER").Arg("REPLICATE").Arg(Id(0)));
    ASSERT_TRUE(
        Eventually([] { return EveryNodeSays("cluster_state:ok") && EveryNodeSays("cluster_slots_ok:16384"); }));
  }
  static void TearDownTestSuite() { delete nodes; }

  static Reply Call(int node, const Command& command) { return (*nodes)[static_cast<size_t>(node)]->Call(command); }
  static std::string Id(int node) { return std::string(*Call(node, Command("CLUSTER").Arg("MYID")).AsText()); }
  static bool EveryNodeSays(std::string_view line) {
    for (int i = 0; i < 4; ++i) {
      const Reply info = Call(i, Command("CLUSTER").Arg("INFO"));
      if (info.AsText()->find(line) == std::string_view::npos) return false;
    }
    return true;
  }
  static Options ClusterOptions() {
    // The first address is nobody's.
    return *ParseAddress(fmt::format("redis-cluster://:{}@127.0.0.1:1,{}", kPassword, (*nodes)[1]->address()));
  }

  // A tag whose slot belongs to node `node`.
  static std::string TagOf(int node, int which = 0) {
    for (int i = 0;; ++i) {
      const std::string tag = fmt::format("{{t{}}}", i);
      if (SlotOf(tag) / 5461 == node && which-- == 0) return tag;
    }
  }
  // Begins to move the slot of `tag`: its keys are still where they were.
  static void BeginMove(const std::string& tag, int from, int to) {
    Call(to, Command("CLUSTER").Arg("SETSLOT").Arg(SlotOf(tag)).Arg("IMPORTING").Arg(Id(from)));
    Call(from, Command("CLUSTER").Arg("SETSLOT").Arg(SlotOf(tag)).Arg("MIGRATING").Arg(Id(to)));
  }
  static void MoveKey(const std::string& key, int from, int to) {
    const int port = (*nodes)[static_cast<size_t>(to)]->port();
    Call(from, Command("MIGRATE").Arg("127.0.0.1").Arg(port).Arg(key).Arg(0).Arg(5000).Arg("AUTH").Arg(kPassword));
  }
  static void EndMove(const std::string& tag, int to) {
    for (const int node : {to, 0, 1, 2}) {
      Call(node, Command("CLUSTER").Arg("SETSLOT").Arg(SlotOf(tag)).Arg("NODE").Arg(Id(to)));
    }
  }

  static std::vector<std::unique_ptr<TestServer>>* nodes;
  static std::vector<int> bus_ports;
  Client client_{ClusterOptions()};
};
std::vector<std::unique_ptr<TestServer>>* ClusterTest::nodes = nullptr;
std::vector<int> ClusterTest::bus_ports;

TEST_F(ClusterTest, SlotsAreThoseThatRedisComputes) {
  for (const std::string_view key : {"", "a", "foo{bar}", "{}x", "{a}{b}", "x{y", "a}b{c}"}) {
    EXPECT_EQ(*Call(0, Command("CLUSTER").Arg("KEYSLOT").Arg(key)).AsInteger(), SlotOf(key)) << key;
  }
}

TEST_F(ClusterTest, FindsTheNodeOfEveryKey) {
  for (int i = 0; i < 200; ++i) {
    const std::string key = fmt::format("key{}", i);
    ASSERT_EQ(client_.Do(Command("SET").Key(key).Arg(i)).status(), absl::OkStatus());
    ASSERT_EQ(*client_.Do(Command("GET").Key(key)), Reply::Bulk(std::to_string(i)));
  }
  EXPECT_EQ(*client_.Do(Command("PING")), Reply::Status("PONG"));  // any node
  const auto named =
      ParseServer({.addr = fmt::format("redis-cluster://{}", (*nodes)[0]->address()), .password = kPassword});
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ(*Client(*named).Do(Command("PING")), Reply::Status("PONG"));
}

TEST_F(ClusterTest, APipelineIsSplitByNodeAndAnsweredInOrder) {
  std::vector<Command> commands;
  for (int i = 0; i < 300; ++i) {
    commands.push_back(Command("SET").Key(fmt::format("p{}", i)).Arg(i));
    commands.push_back(Command("GET").Key(fmt::format("p{}", i)));
    commands.push_back(Command("ECHO").Arg(i));
  }
  const auto results = client_.Pipeline(commands);
  for (size_t i = 0; i < 300; ++i) {
    ASSERT_EQ(*results[i * 3], Reply::Status("OK"));
    ASSERT_EQ(*results[i * 3 + 1], Reply::Bulk(std::to_string(i)));
    ASSERT_EQ(*results[i * 3 + 2], Reply::Bulk(std::to_string(i)));
  }
}

TEST_F(ClusterTest, ScriptsAreKnownByEachNodeOnItsOwn) {
  const Script script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
  std::vector<Command> commands;
  for (int node = 0; node < 3; ++node) {
    const std::string key = TagOf(node) + "script";
    EXPECT_EQ(*client_.Eval(script, {key}, {"2"}), Reply::Integer(2));
    commands.push_back(Command::Eval(script, {key}, {"3"}));
    Call(node, Command("SCRIPT").Arg("FLUSH"));
  }
  for (const auto& result : client_.Pipeline(commands)) EXPECT_EQ(*result, Reply::Integer(5));
}

TEST_F(ClusterTest, FollowsASlotThatMovesKeyByKey) {
  const std::string tag = TagOf(0, 1);
  ASSERT_TRUE(client_.Do(Command("SET").Key(tag + "a").Arg("1")).ok());
  ASSERT_TRUE(client_.Do(Command("SET").Key(tag + "b").Arg("2")).ok());
  const auto connection = Client(ClusterOptions()).MakeConnection();  // with a map of its own
  ASSERT_TRUE(connection->Do(Command("GET").Key(tag + "a"), absl::Seconds(5)).ok());
  BeginMove(tag, 0, 2);
  MoveKey(tag + "a", 0, 2);
  const std::vector<Command> gets = {Command("GET").Key(tag + "a"), Command("GET").Key(tag + "b"),
                                     Command("SET").Key(tag + "new").Arg("3"), Command("GET").Key(tag + "new")};
  const auto results = client_.Pipeline(gets);
  EXPECT_EQ(*results[0], Reply::Bulk("1"));  // ASK
  EXPECT_EQ(*results[1], Reply::Bulk("2"));  // still there
  EXPECT_EQ(*results[2], Reply::Status("OK"));
  EXPECT_EQ(*results[3], Reply::Bulk("3"));
  EXPECT_EQ(Call(0, Command("CLUSTER").Arg("COUNTKEYSINSLOT").Arg(SlotOf(tag))), Reply::Integer(1));
  for (const auto& [key, value] : {std::pair("a", "1"), std::pair("b", "2")}) {
    EXPECT_EQ(*connection->Do(Command("GET").Key(tag + key), absl::Seconds(5)), Reply::Bulk(value));
  }
  MoveKey(tag + "b", 0, 2);
  EndMove(tag, 2);
  EXPECT_EQ(*client_.Do(Command("GET").Key(tag + "b")), Reply::Bulk("2"));  // MOVED
  EXPECT_EQ(*connection->Do(Command("GET").Key(tag + "b"), absl::Seconds(5)), Reply::Bulk("2"));
  EXPECT_EQ(Call(2, Command("CLUSTER").Arg("COUNTKEYSINSLOT").Arg(SlotOf(tag))), Reply::Integer(3));
  // The map is a new one: no more redirects.
  Call(0, Command("CONFIG").Arg("RESETSTAT"));
  EXPECT_TRUE(client_.Do(Command("GET").Key(tag + "a")).ok());
  EXPECT_EQ(Call(0, Command("INFO").Arg("errorstats")).AsText()->find("MOVED"), std::string_view::npos);
}

TEST_F(ClusterTest, WaitsWhileKeysOfOneCommandAreOnTwoNodes) {
  const std::string tag = TagOf(0, 2);
  ASSERT_TRUE(client_.Do(Command("MSET").Key(tag + "a").Arg("1").Arg(tag + "b").Arg("2")).ok());
  BeginMove(tag, 0, 1);
  MoveKey(tag + "a", 0, 1);
  const Command both = Command("MGET").Key(tag + "a").Arg(tag + "b");
  const absl::Status between = client_.Do(both, absl::Milliseconds(200)).status();
  EXPECT_EQ(between.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status::Reason(between), kUnavailable);
  std::thread caller([&] {
    const auto reply = client_.Do(both, absl::Seconds(20));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(*reply, Reply::Array({Reply::Bulk("1"), Reply::Bulk("2")}));
  });
  MoveKey(tag + "b", 0, 1);
  EndMove(tag, 1);
  caller.join();
}

TEST_F(ClusterTest, KeysOfTwoSlotsAreRedisError) {
  const absl::Status error = client_.Do(Command("MGET").Key(TagOf(0)).Arg(TagOf(1))).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(ErrorText(error).starts_with("CROSSSLOT"));
}

TEST_F(ClusterTest, SixteenThreadsGetTheirOwnReplies) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        const std::string key = fmt::format("thread{}:{}", t, i);
        const std::vector<Command> commands = {Command("SET").Key(key).Arg(key), Command("GET").Key(key),
                                               Command("DEL").Key(key)};
        const auto results = client_.Pipeline(commands, absl::Seconds(20));
        wrong += !(results[1].ok() && *results[1] == Reply::Bulk(key));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(ClusterTest, ANodeThatIsGoneHoldsUpOnlyItsSlots) {
  for (int node = 0; node < 3; ++node) {
    ASSERT_TRUE(client_.Do(Command("SET").Key(TagOf(node)).Arg(node)).ok());
  }
  (*nodes)[2]->Kill();
  const absl::Status error = client_.Do(Command("GET").Key(TagOf(2)), absl::Milliseconds(300)).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(*client_.Do(Command("GET").Key(TagOf(0))), Reply::Bulk("0"));
  EXPECT_EQ(*client_.Do(Command("GET").Key(TagOf(1))), Reply::Bulk("1"));
  std::thread caller(
      [&] { EXPECT_EQ(client_.Do(Command("GET").Key(TagOf(2)), absl::Seconds(30)).status(), absl::OkStatus()); });
  (*nodes)[2]->Start();
  caller.join();
  EXPECT_TRUE(Eventually([] { return EveryNodeSays("cluster_state:ok"); }));
}

TEST_F(ClusterTest, PublishesToSubscribersOfAnyNode) {
  std::atomic<int> subscribed = 0;
  std::atomic<int> heard = 0;
  const auto subscriber = Subscriber::Start(
      ClusterOptions(), {"news"}, {.on_message = [&](auto, auto) { ++heard; }, .on_subscribed = [&] { ++subscribed; }});
  ASSERT_TRUE(Eventually([&] { return subscribed == 1; }));
  EXPECT_TRUE(client_.Do(Command("PUBLISH").Arg("news").Arg("x")).ok());
  EXPECT_TRUE(Eventually([&] { return heard == 1; }));
}

// The last one: the cluster is another one after it.
TEST_F(ClusterTest, TheReplicaOfADeadMasterTakesItsCalls) {
  const std::string key = TagOf(0) + "failover";
  ASSERT_TRUE(client_.Do(Command("SET").Key(key).Arg("kept")).ok());
  ASSERT_TRUE(Eventually(
      [&] { return Call(3, Command("CLUSTER").Arg("COUNTKEYSINSLOT").Arg(SlotOf(key))).AsInteger().value_or(0) > 0; }));
  (*nodes)[0]->Kill();
  const auto reply = client_.Do(Command("GET").Key(key), absl::Seconds(60));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(*reply, Reply::Bulk("kept"));
  EXPECT_TRUE(client_.Do(Command("SET").Key(key).Arg("new")).ok());
}

}  // namespace
}  // namespace smallbiznis::redis
