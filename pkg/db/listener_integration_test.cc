#include "pkg/db/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "pkg/db/tcp_proxy.h"
#include "pkg/db/testing.h"

namespace smallbiznis::db {
namespace {

// What the callbacks were told, in order: "listening", "lost", "channel:payload".
class Heard {
 public:
  Listener::Callbacks callbacks() {
    return {.on_notify = [this](std::string_view channel,
                                std::string_view payload) { Add(std::string(channel) + ":" + std::string(payload)); },
            .on_listening = [this] { Add("listening"); },
            .on_lost = [this] { Add("lost"); }};
  }

  // Waits until there are `count`, then gives them.
  std::vector<std::string> Await(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return events_.size() >= count; });
    return events_;
  }

 private:
  void Add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
};

class ListenerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { database_ = new TestDatabase({}); }
  static void TearDownTestSuite() { delete database_; }

  static inline TestDatabase* database_ = nullptr;
};

TEST_F(ListenerTest, HearsItsChannelsAndNoOthers) {
  Heard heard;
  const auto listener = Listener::Start(database_->app(), {"keys", "Odd \"channel\""}, heard.callbacks());
  ASSERT_THAT(heard.Await(1), testing::ElementsAre("listening"));
  database_->Execute("notify keys, '1'; notify other, '2'");
  database_->Execute("notify \"Odd \"\"channel\"\"\", '3'");
  EXPECT_THAT(heard.Await(3), testing::ElementsAre("listening", "keys:1", "Odd \"channel\":3"));
}

TEST_F(ListenerTest, ListensAgainAfterItsConnectionWasKilled) {
  Heard heard;
  PoolOptions options = database_->app();
  options.application_name = "listener-to-kill";
  const auto listener = Listener::Start(options, {"keys"}, heard.callbacks());
  heard.Await(1);
  database_->Execute(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listener-to-kill'");
  ASSERT_THAT(heard.Await(3), testing::ElementsAre("listening", "lost", "listening"));
  database_->Execute("notify keys, 'again'");
  EXPECT_THAT(heard.Await(4), testing::ElementsAre("listening", "lost", "listening", "keys:again"));
}

TEST_F(ListenerTest, KeepsTryingWhileThereIsNoServer) {
  Heard heard;
  TcpProxy proxy(database_->app().host, database_->app().port);
  PoolOptions options = database_->app();
  options.port = proxy.port();
  proxy.Freeze();
  const auto listener = Listener::Start(options, {"keys"}, heard.callbacks());
  proxy.Thaw();
  EXPECT_THAT(heard.Await(1), testing::ElementsAre("listening"));
}

TEST_F(ListenerTest, EndsAtOnceWhateverItIsDoing) {
  const auto end_within = [](std::unique_ptr<Listener> listener) {
    const auto start = std::chrono::steady_clock::now();
    listener.reset();
    return std::chrono::steady_clock::now() - start;
  };
  Heard heard;
  auto idle = Listener::Start(database_->app(), {"keys"}, heard.callbacks());
  heard.Await(1);
  EXPECT_LT(end_within(std::move(idle)), std::chrono::seconds(1));

  PoolOptions options = database_->app();
  {
    TcpProxy proxy(options.host, options.port);
    options.port = proxy.port();
    proxy.Freeze();
    EXPECT_LT(end_within(Listener::Start(options, {"keys"}, heard.callbacks())), std::chrono::seconds(1));
  }
  EXPECT_LT(end_within(Listener::Start(options, {"keys"}, heard.callbacks())), std::chrono::seconds(1));
}

}  // namespace
}  // namespace smallbiznis::db
