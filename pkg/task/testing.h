// What the integration tests of the task rooms share: a queue of its own for each test, on the Redis of the stack.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "pkg/clock/clock.h"
#include "pkg/redis/client.h"
#include "pkg/redis/command.h"
#include "pkg/task/client.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {

// Whether `condition` holds before 20 s are over; asked again every few milliseconds.
inline bool Eventually(const std::function<bool()>& condition) {
  std::mutex mutex;
  std::condition_variable never;
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::unique_lock lock(mutex);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    never.wait_for(lock, std::chrono::milliseconds(5));
  }
  return true;
}

class QueueTest : public testing::Test {
 protected:
  static redis::Options RedisOptions() {
    const char* const addr = std::getenv("REDIS_ADDR");
    const char* const password = std::getenv("REDIS_PASSWORD");
    if (addr == nullptr) ADD_FAILURE() << "no REDIS_ADDR: run `make test` or `eval \"$(tools/stack env)\"`";
    const auto options = redis::ParseServer({.addr = addr == nullptr ? "127.0.0.1:1" : addr,
                                             .username = "",
                                             .password = password == nullptr ? "" : password,
                                             .db = 0});
    EXPECT_TRUE(options.ok()) << options.status();
    return *options;
  }
  ~QueueTest() override {
    for (const std::string& key : FullQueueKeys()) Ask({"DEL", key});
    Ask({"SREM", std::string(kQueuesKey), queue_});
  }

  // The first word after the command is its key, or a pattern with a queue's hash tag: that says which node of a
  // cluster.
  redis::Reply Ask(const std::vector<std::string>& words) {
    redis::Command command(words[0]);
    for (size_t i = 1; i < words.size(); ++i) i == 1 ? command.Key(words[i]) : command.Arg(words[i]);
    const auto reply = redis_.Do(command);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? *reply : redis::Reply();
  }
  // "" for nil.
  std::string Text(const std::vector<std::string>& words) {
    const redis::Reply reply = Ask(words);
    return std::string(reply.AsOptionalText().value_or(std::nullopt).value_or(""));
  }
  int64_t Integer(const std::vector<std::string>& words) { return Ask(words).AsInteger().value_or(-1); }

  std::string StateOf(std::string_view id) { return Text({"HGET", TaskKey(queue_, id), "state"}); }
  Message MessageOf(std::string_view id) {
    const auto message = DecodeMessage(Text({"HGET", TaskKey(queue_, id), "msg"}));
    EXPECT_TRUE(message.ok()) << message.status();
    return message.value_or(Message());
  }

  std::vector<std::string> FullQueueKeys() {
    std::vector<std::string> keys;
    const redis::Reply reply = Ask({"KEYS", QueuePrefix(queue_) + "*"});
    const std::span<const redis::Reply> array = *reply.AsArray();
    for (const redis::Reply& key : array) keys.emplace_back(*key.AsText());
    return keys;
  }
  // Without the queue's prefix; a day is "<day>".
  std::set<std::string> QueueKeys() {
    std::set<std::string> keys;
    for (const std::string& key : FullQueueKeys()) {
      std::string name = key.substr(QueuePrefix(queue_).size());
      for (const std::string_view counter : {"processed:", "failed:"}) {
        if (name.starts_with(counter)) name = std::string(counter) + "<day>";
      }
      keys.insert(name);
    }
    return keys;
  }
  // Those that work on this queue.
  std::vector<ServerInfo> Servers() {
    std::vector<ServerInfo> servers;
    const redis::Reply keys = Ask({"ZRANGE", std::string(kServersKey), "0", "-1"});
    const std::span<const redis::Reply> array = *keys.AsArray();
    for (const redis::Reply& key : array) {
      const auto info = DecodeServerInfo(Text({"GET", std::string(*key.AsText())}));
      if (info.ok() && info->queues.contains(queue_)) servers.push_back(*info);
    }
    return servers;
  }

  const std::string queue_ = std::string("test-") + testing::UnitTest::GetInstance()->current_test_info()->name() +
                             "-" + std::to_string(absl::ToUnixNanos(clock::SystemClock().Now()));
  const clock::SystemClock clock_;
  redis::Client redis_{RedisOptions()};
  Client client_{redis_, clock_};
};

}  // namespace smallbiznis::task
