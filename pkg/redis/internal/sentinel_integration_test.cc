#include "pkg/redis/internal/sentinel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "pkg/redis/client.h"
#include "pkg/redis/error.h"
#include "pkg/redis/subscriber.h"
#include "pkg/redis/testing/server.h"
#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

using ::testing::HasSubstr;

constexpr char kPassword[] = "secret";
constexpr char kSentinelPassword[] = "sentinel-secret";

// A master, a replica, and three sentinels that agree on which is which.
class SentinelTest : public ::testing::Test {
 protected:
  SentinelTest() {
    for (int i = 0; i < 3; ++i) {
      const std::string config = fmt::format(
          "sentinel monitor main 127.0.0.1 {} 2\n"
          "sentinel auth-pass main {}\n"
          "sentinel down-after-milliseconds main 500\n"
          "sentinel failover-timeout main 3000\n",
          master_.port(), kPassword);
      sentinels_.push_back(TestServer::StartSentinel(config, kSentinelPassword));
    }
  }

  void SetUp() override {
    // They find each other, and the replica, through the master.
    ASSERT_TRUE(Eventually([&] {
      return std::all_of(sentinels_.begin(), sentinels_.end(), [](const auto& sentinel) {
        const Reply sentinels = sentinel->Call(Command("SENTINEL").Arg("SENTINELS").Arg("main"));
        const Reply replicas = sentinel->Call(Command("SENTINEL").Arg("REPLICAS").Arg("main"));
        return sentinels.AsArray()->size() == 2 && replicas.AsArray()->size() == 1;
      });
    }));
    ASSERT_TRUE(Eventually([&] { return Replication(replica_).find("master_link_status:up") != std::string::npos; }));
  }

  static std::string Replication(const TestServer& server) {
    return std::string(*server.Call(Command("INFO").Arg("replication")).AsText());
  }
  Options SentinelOptions() const {
    std::string address = fmt::format("redis-sentinel://:{}@", kSentinelPassword);
    for (const auto& sentinel : sentinels_) address += sentinel->address() + ",";
    address.back() = '?';
    Options options = *ParseAddress(address + "master=main");
    options.password = kPassword;
    return options;
  }
  static std::string PortOf(Client& client, absl::Duration timeout) {
    const auto reply = client.Do(Command("CONFIG").Arg("GET").Arg("port"), timeout);
    return reply.ok() ? std::string(*(*reply->AsArray())[1].AsText()) : std::string(reply.status().message());
  }

  TestServer master_{{}, kPassword};
  TestServer replica_{{"--replicaof", "127.0.0.1", std::to_string(master_.port())}, kPassword};
  std::vector<std::unique_ptr<TestServer>> sentinels_;
};

TEST_F(SentinelTest, FindsTheMasterThroughWhicheverSentinelAnswers) {
  Client client(SentinelOptions());
  EXPECT_EQ(PortOf(client, absl::Seconds(5)), std::to_string(master_.port()));
  sentinels_[0]->Kill();
  sentinels_[1]->Suspend();
  Client other(SentinelOptions());
  EXPECT_EQ(PortOf(other, absl::Seconds(10)), std::to_string(master_.port()));
  sentinels_[1]->Resume();
}

TEST_F(SentinelTest, SaysWhatIsWrong) {
  Options options = SentinelOptions();
  options.sentinel_master = "another";
  const absl::Status unknown = Client(options).Do(Command("PING"), absl::Milliseconds(300)).status();
  EXPECT_EQ(status::Reason(unknown), kUnavailable);
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("knows no master another"));
  options = SentinelOptions();
  options.sentinel_password = "hunter2";
  const absl::Status refused = Client(options).Do(Command("PING"), absl::Seconds(20)).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnauthenticated) << refused;
}

TEST_F(SentinelTest, FollowsAFailoverAfterTheMasterDied) {
  Client client(SentinelOptions());
  std::mutex mutex;
  std::vector<std::string> messages;
  std::atomic<int> subscribed = 0;
  const auto subscriber = Subscriber::Start(SentinelOptions(), {"news"},
                                            {.on_message =
                                                 [&](auto, auto message) {
                                                   const std::lock_guard lock(mutex);
                                                   messages.emplace_back(message);
                                                 },
                                             .on_subscribed = [&] { ++subscribed; }});
  ASSERT_EQ(client.Do(Command("SET").Key("k").Arg("before")).status(), absl::OkStatus());
  ASSERT_EQ(client.Do(Command("WAIT").Arg(1).Arg(5000), absl::Seconds(10))->AsInteger().value_or(0), 1);
  ASSERT_TRUE(Eventually([&] { return subscribed == 1; }));
  master_.Kill();
  // One call, begun while there is no master, is answered by the next one.
  const auto reply = client.Do(Command("GET").Key("k"), absl::Seconds(60));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(*reply, Reply::Bulk("before"));
  EXPECT_EQ(PortOf(client, absl::Seconds(5)), std::to_string(replica_.port()));
  EXPECT_TRUE(client.Do(Command("SET").Key("k").Arg("after")).ok());
  ASSERT_TRUE(Eventually([&] { return subscribed == 2; }));
  EXPECT_TRUE(client.Do(Command("PUBLISH").Arg("news").Arg("hello")).ok());
  EXPECT_TRUE(Eventually([&] {
    const std::lock_guard lock(mutex);
    return messages == std::vector<std::string>{"hello"};
  }));
}

TEST_F(SentinelTest, LeavesAMasterThatWasMadeAReplica) {
  Client client(SentinelOptions());
  ASSERT_TRUE(client.Do(Command("SET").Key("k").Arg("v")).ok());
  sentinels_[0]->Call(Command("SENTINEL").Arg("FAILOVER").Arg("main"));
  std::set<std::string> reasons;
  ASSERT_TRUE(Eventually([&] {
    const auto written = client.Do(Command("SET").Key("k").Arg("v"), absl::Seconds(10));
    reasons.insert(status::Reason(written.status()));
    return written.ok() && PortOf(client, absl::Seconds(5)) == std::to_string(replica_.port());
  })) << testing::PrintToString(reasons);
  for (const std::string& reason : reasons) {
    EXPECT_TRUE(reason.empty() || reason == kUnavailable || reason == kReplyLost) << reason;
  }
}

}  // namespace
}  // namespace smallbiznis::redis
