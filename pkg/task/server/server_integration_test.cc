#include "pkg/task/server/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>

#include "pkg/log/testing.h"
#include "pkg/task/server/mux.h"
#include "pkg/task/server/retry.h"
#include "pkg/task/testing.h"

namespace smallbiznis::task {
namespace {

// What handlers saw, to be waited for.
class Seen {
 public:
  void Add(std::string what) {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(what));
    changed_.notify_all();
  }
  bool WaitFor(size_t count, absl::Duration limit = absl::Seconds(20)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, absl::ToChronoNanoseconds(limit), [&] { return all_.size() >= count; });
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> all_;
};

class ServerTest : public QueueTest {
 protected:
  std::unique_ptr<Server> Start(Handler handler, ServerOptions options = {}) {
    if (options.queues == std::map<std::string, int>{{"default", 1}}) options.queues = {{queue_, 1}};
    if (options.concurrency == 0) options.concurrency = 4;
    auto server =
        Server::Start({.redis = RedisOptions(), .clock = clock_, .logger = log_.logger()}, std::move(options), handler);
    EXPECT_TRUE(server.ok()) << server.status();
    return *std::move(server);
  }
  void Enqueue(const Task& task, EnqueueOptions options = {}) {
    options.queue = queue_;
    const auto info = client_.Enqueue(task, options);
    ASSERT_TRUE(info.ok()) << info.status();
  }

  log::CapturedLog log_;
  Seen seen_;
};

TEST_F(ServerTest, DoesEveryTaskOnceAndLeavesNothingBehind) {
  constexpr int kTasks = 5000;
  std::vector<NewTask> tasks;
  for (int i = 0; i < kTasks; ++i) {
    tasks.push_back({{.type = "t", .payload = std::to_string(i), .headers = {}}, {.queue = queue_}});
  }
  for (const auto& info : client_.EnqueueAll(tasks)) ASSERT_TRUE(info.ok()) << info.status();
  const auto server = Start([&](Attempt& attempt) {
    seen_.Add(attempt.payload());
    return absl::OkStatus();
  });
  ASSERT_TRUE(seen_.WaitFor(kTasks));
  server->Shutdown();
  EXPECT_TRUE(log_.lines().empty()) << log_.lines()[0];
  const std::vector<std::string> all = seen_.all();
  EXPECT_EQ(all.size(), kTasks);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), kTasks);
  EXPECT_EQ(Text({"GET", TotalKey(queue_, Counter::kProcessed)}), std::to_string(kTasks));
  EXPECT_EQ(QueueKeys(), (std::set<std::string>{"processed", "processed:<day>"}));
}

TEST_F(ServerTest, AnIdleServerTakesATaskAtOnce) {
  const auto server = Start([&](Attempt& attempt) {
    seen_.Add(attempt.id());
    return absl::OkStatus();
  });
  for (int i = 0; i < 20; ++i) {
    const absl::Time before = clock_.Now();
    Enqueue({.type = "t"});
    ASSERT_TRUE(seen_.WaitFor(i + 1));
    EXPECT_LT(clock_.Now() - before, absl::Milliseconds(900)) << "it was found by looking again, not by waking up";
  }
}

TEST_F(ServerTest, AFailedTaskIsTriedAgainThenArchivedWithItsError) {
  const auto server = Start(
      [&](Attempt& attempt) {
        seen_.Add(std::to_string(attempt.retried()));
        return absl::UnavailableError("the till is off");
      },
      {.retry_delay = [](int, const absl::Status&, const Message&) { return absl::ZeroDuration(); }});
  Enqueue({.type = "t"}, {.id = "one", .max_retry = 2});
  ASSERT_TRUE(seen_.WaitFor(3));
  ASSERT_TRUE(Eventually([&] { return StateOf("one") == "archived"; }));
  EXPECT_EQ(seen_.all(), (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_EQ(MessageOf("one").error, "the till is off");
  EXPECT_EQ(MessageOf("one").retried, 2);
  EXPECT_EQ(Text({"GET", TotalKey(queue_, Counter::kFailed)}), "3");
}

TEST_F(ServerTest, SkipRetryArchivesAndRevokeDrops) {
  const auto server = Start([&](Attempt& attempt) {
    seen_.Add(attempt.id());
    return attempt.type() == "skip" ? SkipRetry(absl::InvalidArgumentError("no such shop")) : Revoke();
  });
  Enqueue({.type = "skip"}, {.id = "skipped"});
  Enqueue({.type = "revoke"}, {.id = "revoked", .retention = absl::Hours(1)});
  ASSERT_TRUE(seen_.WaitFor(2));
  ASSERT_TRUE(Eventually([&] { return StateOf("skipped") == "archived" && StateOf("revoked").empty(); }));
  EXPECT_EQ(MessageOf("skipped").error, "no such shop");
}

TEST_F(ServerTest, AHandlerThatThrowsOrIsUnknownIsAFailedAttempt) {
  Mux mux;
  mux.Handle("throw:std", [](Attempt&) -> absl::Status { throw std::runtime_error("out of paper"); });
  mux.Handle("throw:int", [](Attempt&) -> absl::Status { throw 7; });
  mux.Handle("fine", [](Attempt&) { return absl::OkStatus(); });
  const auto server = Start(mux);
  Enqueue({.type = "throw:std"}, {.id = "std", .max_retry = 0});
  Enqueue({.type = "throw:int"}, {.id = "int", .max_retry = 0});
  Enqueue({.type = "other"}, {.id = "unknown", .max_retry = 0});
  Enqueue({.type = "fine"}, {.id = "fine", .retention = absl::Hours(1)});
  for (const char* id : {"std", "int", "unknown"}) {
    ASSERT_TRUE(Eventually([&] { return StateOf(id) == "archived"; })) << id;
  }
  EXPECT_EQ(MessageOf("std").error, "the handler threw: out of paper");
  EXPECT_EQ(MessageOf("int").error, "the handler threw something that is no std::exception");
  EXPECT_EQ(MessageOf("unknown").error, "handler not found for task \"other\"");
  EXPECT_TRUE(Eventually([&] { return StateOf("fine") == "completed"; }));
}

TEST_F(ServerTest, AHandlerThatHangsIsGivenUpOnAndItsSlotIsFree) {
  std::mutex mutex;
  std::condition_variable released;
  bool release = false;
  {
    const auto server = Start(
        [&](Attempt& attempt) {
          if (attempt.type() == "hang") {
            std::unique_lock lock(mutex);
            released.wait(lock, [&] { return release; });
          }
          seen_.Add(attempt.type());
          return absl::OkStatus();
        },
        {.concurrency = 1, .shutdown_timeout = absl::Seconds(1), .stop_grace = absl::Milliseconds(100)});
    Enqueue({.type = "hang"}, {.id = "hung", .max_retry = 0, .timeout = absl::Seconds(1)});
    Enqueue({.type = "next"});
    ASSERT_TRUE(seen_.WaitFor(1));
    EXPECT_EQ(seen_.all(), std::vector<std::string>{"next"});
    EXPECT_TRUE(Eventually([&] { return StateOf("hung") == "archived"; }));
    EXPECT_EQ(MessageOf("hung").error, "context deadline exceeded");
  }
  {
    const std::lock_guard lock(mutex);
    release = true;
    released.notify_all();
  }
  // Its thread still uses what this test holds.
  EXPECT_TRUE(seen_.WaitFor(2));
}

TEST_F(ServerTest, AHandlerThatStopsInTimeHasItsResultRespected) {
  const auto server = Start([&](Attempt& attempt) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait(lock, attempt.stop_token(), [] { return false; });
    seen_.Add(attempt.id());
    return absl::OkStatus();
  });
  Enqueue({.type = "t"}, {.id = "slow", .timeout = absl::Seconds(1), .retention = absl::Hours(1)});
  ASSERT_TRUE(seen_.WaitFor(1));
  EXPECT_TRUE(Eventually([&] { return StateOf("slow") == "completed"; }));
}

TEST_F(ServerTest, ACancelledTaskIsAskedToStop) {
  const auto server = Start([&](Attempt& attempt) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    seen_.Add("begun");
    stopped.wait(lock, attempt.stop_token(), [] { return false; });
    seen_.Add("stopped");
    return SkipRetry(absl::CancelledError("as you wish"));
  });
  Enqueue({.type = "t"}, {.id = "cancelled"});
  ASSERT_TRUE(seen_.WaitFor(1));
  // Again and again: nobody tells when the server has subscribed.
  ASSERT_TRUE(Eventually([&] {
    Ask({"PUBLISH", std::string(kCancelChannel), "cancelled"});
    return seen_.all().size() == 2;
  }));
  EXPECT_TRUE(Eventually([&] { return StateOf("cancelled") == "archived"; }));
}

TEST_F(ServerTest, ShutdownPutsBackWhatDoesNotEndInTimeWithoutCharge) {
  std::atomic<bool> begun = false;
  {
    const auto server = Start(
        [&](Attempt& attempt) {
          begun = true;
          std::mutex mutex;
          std::condition_variable_any stopped;
          std::unique_lock lock(mutex);
          stopped.wait(lock, attempt.stop_token(), [] { return false; });
          return absl::CancelledError("stopped");
        },
        {.shutdown_timeout = absl::Milliseconds(200)});
    Enqueue({.type = "t"}, {.id = "long"});
    ASSERT_TRUE(Eventually([&] { return begun.load(); }));
    server->Shutdown();
    server->Shutdown();  // twice is fine
  }
  EXPECT_EQ(StateOf("long"), "pending");
  EXPECT_EQ(MessageOf("long").retried, 0);
  EXPECT_EQ(Text({"LINDEX", StateKey(queue_, State::kPending), "-1"}), "long");
  EXPECT_EQ(Integer({"ZCARD", LeaseKey(queue_)}), 0);
  EXPECT_NE(Text({"HGET", TaskKey(queue_, "long"), "pending_since"}), "");
}

TEST_F(ServerTest, AnAttemptThatLostItsTaskChangesNothing) {
  std::atomic<bool> begun = false, go = false;
  const auto server = Start([&](Attempt&) {
    begun = true;
    EXPECT_TRUE(Eventually([&] { return go.load(); }));
    return absl::OkStatus();
  });
  Enqueue({.type = "t"}, {.id = "stolen"});
  ASSERT_TRUE(Eventually([&] { return begun.load(); }));
  // As a Go program does that recovers the task and takes it again: same id, no token, a later lease.
  Integer({"ZADD", LeaseKey(queue_), std::to_string(absl::ToUnixSeconds(clock_.Now() + absl::Minutes(5))), "stolen"});
  go = true;
  ASSERT_TRUE(Eventually([&] { return !log_.lines().empty(); }));
  EXPECT_NE(log_.lines()[0].find("somebody else has the task"), std::string::npos) << log_.lines()[0];
  EXPECT_EQ(StateOf("stolen"), "active");
  EXPECT_EQ(Integer({"ZCARD", LeaseKey(queue_)}), 1);
}

TEST_F(ServerTest, ScheduledTasksComeWhenTheyAreDue) {
  const auto server = Start([&](Attempt& attempt) {
    seen_.Add(attempt.id());
    return absl::OkStatus();
  });
  const absl::Time before = clock_.Now();
  Enqueue({.type = "t"}, {.id = "later", .process_in = absl::Seconds(2)});
  EXPECT_EQ(StateOf("later"), "scheduled");
  ASSERT_TRUE(seen_.WaitFor(1));
  EXPECT_GT(clock_.Now() - before, absl::Seconds(1));  // due times are whole seconds
}

TEST_F(ServerTest, AnActiveTaskWithoutALeaseIsFoundAndRecovered) {
  Enqueue({.type = "t"}, {.id = "orphan"});
  // As after a crash between two commands: active, and nobody's.
  Integer({"LREM", StateKey(queue_, State::kPending), "0", "orphan"});
  Integer({"LPUSH", StateKey(queue_, State::kActive), "orphan"});
  Integer({"HSET", TaskKey(queue_, "orphan"), "state", "active"});
  Maintenance maintenance(redis_, clock_);
  const absl::Time cutoff = clock_.Now() - absl::Seconds(30);
  ASSERT_TRUE(maintenance.FindAbandoned(queue_, cutoff).ok());
  const auto found = maintenance.FindAbandoned(queue_, cutoff);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ((*found)[0].id, "orphan");
}

TEST_F(ServerTest, SaysOfItselfWhatItDoes) {
  std::atomic<bool> go = false;
  const auto server = Start(
      [&](Attempt&) {
        EXPECT_TRUE(Eventually([&] { return go.load(); }));
        return absl::OkStatus();
      },
      {.concurrency = 3});
  Enqueue({.type = "t"}, {.id = "shown"});
  ASSERT_TRUE(Eventually([&] { return Servers().size() == 1 && Servers()[0].queues.contains(queue_); }));
  const ServerInfo info = Servers()[0];
  EXPECT_EQ(info.concurrency, 3);
  EXPECT_EQ(info.status, "active");
  go = true;
  server->Shutdown();
  EXPECT_TRUE(Servers().empty());
}

TEST_F(ServerTest, OptionsThatCannotBeAreRefusedByName) {
  const auto start = [&](ServerOptions options) {
    return Server::Start({.redis = RedisOptions(), .clock = clock_, .logger = log_.logger()}, std::move(options),
                         [](Attempt&) { return absl::OkStatus(); })
        .status();
  };
  EXPECT_NE(start({.queues = {}}).message().find("queues"), absl::string_view::npos);
  EXPECT_NE(start({.queues = {{"a{b", 1}}}).message().find("queues[a{b]"), absl::string_view::npos);
  EXPECT_NE(start({.queues = {{"a", 0}}}).message().find("weight"), absl::string_view::npos);
  EXPECT_NE(start({.concurrency = -1}).message().find("concurrency"), absl::string_view::npos);
}

}  // namespace
}  // namespace smallbiznis::task
