#include "pkg/redis/subscriber.h"

#include <gtest/gtest.h>

#include <mutex>

#include "pkg/redis/error.h"
#include "pkg/redis/net/wait.h"
#include "pkg/redis/testing/server.h"
#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

// What happened to a subscriber, in order: "+" subscribed, "-" lost, "channel=message".
class Log {
 public:
  Subscriber::Callbacks Callbacks() {
    return {.on_message = [this](auto channel, auto message) { Add(fmt::format("{}={}", channel, message)); },
            .on_subscribed = [this] { Add("+"); },
            .on_lost = [this] { Add("-"); },
            .on_error =
                [this](const absl::Status& error) {
                  const std::lock_guard lock(mutex_);
                  error_ = error;
                }};
  }
  bool Reaches(const std::vector<std::string>& wanted) {
    return Eventually([&] { return events() == wanted; });
  }
  std::vector<std::string> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  absl::Status error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  void Add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  mutable std::mutex mutex_;
  std::vector<std::string> events_;
  absl::Status error_;
};

void Publish(const TestServer& server, std::string_view channel, std::string_view message) {
  EXPECT_EQ(*server.Call(Command("PUBLISH").Arg(channel).Arg(message)).AsInteger(), 1);
}

TEST(SubscriberTest, HandsOutMessagesOfItsChannelsInOrder) {
  TestServer server;
  Log log;
  const auto subscriber = Subscriber::Start(server.options(), {"a", "b"}, log.Callbacks());
  ASSERT_TRUE(log.Reaches({"+"}));
  Publish(server, "a", "1");
  Publish(server, "b", std::string("\0\r\n", 3));
  server.Call(Command("PUBLISH").Arg("c").Arg("not asked for"));
  Publish(server, "a", "");
  EXPECT_TRUE(log.Reaches({"+", "a=1", std::string("b=\0\r\n", 5), "a="}));
}

TEST(SubscriberTest, SubscribesAgainWhenTheConnectionIsKilled) {
  TestServer server;
  Log log;
  const auto subscriber = Subscriber::Start(server.options(), {"a"}, log.Callbacks());
  ASSERT_TRUE(log.Reaches({"+"}));
  server.Call(Command("CLIENT").Arg("KILL").Arg("TYPE").Arg("pubsub"));
  ASSERT_TRUE(log.Reaches({"+", "-", "+"}));
  EXPECT_EQ(log.error().code(), absl::StatusCode::kUnavailable);
  Publish(server, "a", "after");
  EXPECT_TRUE(log.Reaches({"+", "-", "+", "a=after"}));
}

TEST(SubscriberTest, SubscribesAgainWhenRedisRestarts) {
  TestServer server;
  Log log;
  const auto subscriber = Subscriber::Start(server.options(), {"a"}, log.Callbacks());
  ASSERT_TRUE(log.Reaches({"+"}));
  server.Kill();
  ASSERT_TRUE(log.Reaches({"+", "-"}));
  server.Start();
  ASSERT_TRUE(log.Reaches({"+", "-", "+"}));
}

TEST(SubscriberTest, NoticesAServerThatKeepsSilentAndStaysWithOneThatHasNothingToSay) {
  TestServer server;
  Options options = server.options();
  options.command_timeout = absl::Milliseconds(100);
  Log log;
  const auto subscriber = Subscriber::Start(options, {"a"}, log.Callbacks());
  ASSERT_TRUE(log.Reaches({"+"}));
  EXPECT_FALSE(Eventually([&] { return log.events().size() > 1; }, absl::Milliseconds(500)));
  server.Suspend();
  ASSERT_TRUE(log.Reaches({"+", "-"}));
  server.Resume();
  ASSERT_TRUE(log.Reaches({"+", "-", "+"}));
}

TEST(SubscriberTest, GoesPromptlyWhateverItIsDoing) {
  TestServer server;
  Log log;
  const Deadline before = Now();
  { const auto connecting = Subscriber::Start(server.options(), {"a"}, log.Callbacks()); }
  auto nobody = Subscriber::Start({.endpoints = {{.host = "127.0.0.1", .port = 1}}}, {"a"}, log.Callbacks());
  EXPECT_TRUE(Eventually([&] { return status::Reason(log.error()) == kUnavailable; }));
  nobody.reset();
  server.Suspend();
  { const auto hanging = Subscriber::Start(server.options(), {"a"}, log.Callbacks()); }
  server.Resume();
  Log listening;
  auto subscriber = Subscriber::Start(server.options(), {"a"}, listening.Callbacks());
  EXPECT_TRUE(listening.Reaches({"+"}));
  subscriber.reset();
  EXPECT_TRUE(listening.Reaches({"+"}));  // to stop is no loss
  EXPECT_LT(Now() - before, std::chrono::seconds(4));
}

}  // namespace
}  // namespace smallbiznis::redis
