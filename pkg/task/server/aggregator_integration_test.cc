#include "pkg/task/server/aggregator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "pkg/log/testing.h"
#include "pkg/task/server/server.h"
#include "pkg/task/testing.h"

namespace smallbiznis::task {
namespace {

using ::testing::HasSubstr;

class AggregatorTest : public QueueTest {
 protected:
  // A task whose payload names the group and the members' payloads.
  static NewTask Join(std::string_view group, const std::vector<Message>& members) {
    std::string payload(group);
    for (const Message& member : members) payload += " " + member.payload;
    return {.task = {.type = "joined", .payload = payload, .headers = {}},
            .options = {.queue = "is not looked at", .id = fmt::format("joined-{}", group)}};
  }
  void Enqueue(const std::string& payload, const std::string& group) {
    const auto info = client_.Enqueue({.type = "member", .payload = payload, .headers = {}},
                                      {.queue = queue_, .id = payload, .group = group});
    ASSERT_TRUE(info.ok()) << info.status();
  }
  std::unique_ptr<Server> Start(Aggregation aggregation, Handler handler) {
    ServerOptions options;
    options.queues = {{queue_, 1}};
    options.concurrency = 1;
    options.aggregation = std::move(aggregation);
    auto server = Server::Start({.redis = RedisOptions(), .clock = clock_, .logger = log_.logger()}, std::move(options),
                                std::move(handler));
    EXPECT_TRUE(server.ok()) << server.status();
    return *std::move(server);
  }
  bool Logged(std::string_view text) {
    return Eventually([&] {
      for (const std::string& line : log_.lines()) {
        if (line.find(text) != std::string::npos) return true;
      }
      return false;
    });
  }

  log::CapturedLog log_;
  Groups groups_{redis_, clock_};
};

TEST_F(AggregatorTest, AServerHandlesOneTaskInThePlaceOfItsMembers) {
  std::mutex mutex;
  std::set<std::string> seen;
  const auto server = Start({.aggregate = Join, .limits = {.max_size = 2}}, [&](Attempt& attempt) {
    const std::lock_guard lock(mutex);
    seen.insert(attempt.type() + " " + attempt.payload());
    return absl::OkStatus();
  });
  Enqueue("a1", "a");
  Enqueue("b1", "b");
  Enqueue("a2", "a");
  Enqueue("b2", "b");
  ASSERT_TRUE(Eventually([&] {
    const std::lock_guard lock(mutex);
    return seen.size() == 2;
  }));
  EXPECT_EQ(seen, (std::set<std::string>{"joined a a1 a2", "joined b b1 b2"}));
  server->Shutdown();
  EXPECT_EQ(QueueKeys(), (std::set<std::string>{"processed", "processed:<day>"}));
}

TEST_F(AggregatorTest, TheTaskGoesToItsMembersQueueWhateverItsOptionsSay) {
  Enqueue("a1", "a");
  const Aggregator aggregator({.groups = groups_,
                               .clock = clock_,
                               .logger = log_.logger(),
                               .queues = {queue_},
                               .aggregation = {.aggregate = Join, .limits = {.max_size = 1}}});
  ASSERT_TRUE(Eventually([&] { return StateOf("joined-a") == "pending"; }));
  EXPECT_EQ(MessageOf("joined-a").queue, queue_);
}

TEST_F(AggregatorTest, AServerWithoutAFunctionLeavesGroupsAlone) {
  Enqueue("a1", "a");
  const auto server = Start({.aggregate = nullptr, .limits = {.grace_period = absl::Seconds(1), .max_size = 1}},
                            [](Attempt&) { return absl::OkStatus(); });
  ASSERT_TRUE(client_.Enqueue({.type = "plain"}, {.queue = queue_}).ok());
  ASSERT_TRUE(Eventually([&] { return Text({"GET", TotalKey(queue_, Counter::kProcessed)}) == "1"; }));
  server->Shutdown();
  EXPECT_EQ(StateOf("a1"), "aggregating");
  EXPECT_EQ(Integer({"ZCARD", GroupKey(queue_, "a")}), 1);
}

TEST_F(AggregatorTest, AFunctionThatFailsLeavesTheMembersForLater) {
  struct Row {
    const char* group;
    const char* error;
  };
  const Row rows[] = {{"throws", "the function threw: out of ink"},
                      {"throws-int", "the function threw something that is no std::exception"},
                      {"fails", "no such shop"},
                      {"refused", "must contain one or more characters"}};
  for (const Row& row : rows) Enqueue(std::string("member-") + row.group, row.group);
  {
    Aggregator aggregator(
        {.groups = groups_,
         .clock = clock_,
         .logger = log_.logger(),
         .queues = {queue_},
         .aggregation = {.aggregate = [](std::string_view group, const auto&) -> absl::StatusOr<NewTask> {
                           if (group == "throws") throw std::runtime_error("out of ink");
                           if (group == "throws-int") throw 7;
                           if (group == "refused") return NewTask{.task = {.type = " "}, .options = {}};
                           return absl::NotFoundError("no such shop");
                         },
                         .limits = {.max_size = 1}}});
    for (const Row& row : rows) EXPECT_TRUE(Logged(row.error)) << row.group;
  }
  EXPECT_EQ(Integer({"ZCARD", AggregationSetsKey(queue_)}), 4);
  const clock::FakeClock later(clock_.Now() + Groups::kSetTime + absl::Seconds(1));
  EXPECT_EQ(Groups(redis_, later).Reclaim(queue_).value_or(-1), 4);
  for (const Row& row : rows) {
    EXPECT_EQ(Integer({"ZCARD", GroupKey(queue_, row.group)}), 1) << row.group;
    EXPECT_EQ(StateOf(std::string("member-") + row.group), "aggregating");
  }
}

TEST_F(AggregatorTest, AServerPutsTheMembersOfAStaleSetBack) {
  const clock::FakeClock long_ago(clock_.Now() - absl::Hours(1));
  ASSERT_TRUE(
      Client(redis_, long_ago)
          .Enqueue({.type = "member", .payload = "a1", .headers = {}}, {.queue = queue_, .id = "a1", .group = "a"})
          .ok());
  const std::string names[] = {"a"};
  ASSERT_EQ(Groups(redis_, long_ago).Take(queue_, names, {.max_size = 1})->size(), 1U);  // and its program crashes
  const auto server = Start({.aggregate = Join, .limits = {}}, [&](Attempt& attempt) {
    EXPECT_EQ(attempt.payload(), "a a1");
    return absl::OkStatus();
  });
  EXPECT_TRUE(Eventually([&] { return Text({"GET", TotalKey(queue_, Counter::kProcessed)}) == "1"; }));
  EXPECT_TRUE(Logged("put members back"));
}

TEST_F(AggregatorTest, ATaskThatCannotBeAddedIsLoggedAndLeavesTheMembers) {
  ASSERT_TRUE(client_.Enqueue({.type = "other"}, {.queue = queue_, .id = "joined-a"}).ok());
  Enqueue("a1", "a");
  Aggregator aggregator({.groups = groups_,
                         .clock = clock_,
                         .logger = log_.logger(),
                         .queues = {queue_},
                         .aggregation = {.aggregate = Join, .limits = {.max_size = 1}}});
  EXPECT_TRUE(Logged("task ID conflicts with another task"));
  aggregator.Stop();
  EXPECT_EQ(StateOf("a1"), "aggregating");
}

TEST_F(AggregatorTest, LimitsThatCannotBeAreRefusedByName) {
  struct Row {
    GroupLimits limits;
    std::string field;
  };
  const Row rows[] = {{{.grace_period = absl::Milliseconds(999)}, "aggregation.grace_period"},
                      {{.max_delay = absl::Milliseconds(999)}, "aggregation.max_delay"},
                      {{.max_size = -1}, "aggregation.max_size"}};
  for (const Row& row : rows) {
    ServerOptions options;
    options.queues = {{queue_, 1}};
    options.aggregation = {.aggregate = Join, .limits = row.limits};
    const auto server = Server::Start({.redis = RedisOptions(), .clock = clock_, .logger = log_.logger()}, options,
                                      [](Attempt&) { return absl::OkStatus(); });
    EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(server.status().message()), HasSubstr(row.field));
  }
}

}  // namespace
}  // namespace smallbiznis::task
