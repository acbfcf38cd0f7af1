#include <gmock/gmock.h>

#include "pkg/task/inspect/testing.h"

namespace smallbiznis::task {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// More than Lua can hand over in one call, and than asynq can delete.
constexpr int kMany = 10'000;

class BulkTest : public InspectTest {};

TEST_F(BulkTest, EachChangeOfAllTasksOfAState) {
  struct Row {
    absl::StatusOr<BulkResult> (Inspector::*change)(const Selection&, const Inspector::Bulk&);
    std::set<State> refused;
    std::string after;
  };
  const Row rows[] = {
      {&Inspector::RunAll, {State::kActive, State::kPending}, "pending"},
      {&Inspector::ArchiveAll, {State::kActive, State::kArchived}, "archived"},
      {&Inspector::DeleteAll, {State::kActive}, ""},
  };
  for (const Row& row : rows) {
    for (const State state : kStates) {
      SCOPED_TRACE(fmt::format("{} to '{}'", Name(state), row.after));
      for (const std::string id : {"1", "2", "3"}) Put(state, id, /*unique=*/true);
      const auto result = (inspector_.*row.change)(All(state), {});
      EXPECT_EQ(Problem(), "");
      if (row.refused.contains(state)) {
        EXPECT_EQ(status::Reason(result.status()), "TASK_STATE_CONFLICT");
      } else {
        ASSERT_TRUE(result.ok()) << result.status();
        EXPECT_EQ(result->changed, 3);
        EXPECT_FALSE(result->more);
        for (const std::string id : {"1", "2", "3"}) EXPECT_EQ(StateOf(id), row.after);
      }
      for (const std::string& key : FullQueueKeys()) Ask({"DEL", key});
    }
  }
}

// asynq keeps the locks of pending and aggregating tasks that are deleted together.
TEST_F(BulkTest, DeletingReleasesTheLocksWhateverTheState) {
  for (const State state : kStates) {
    if (state == State::kActive) continue;
    for (const std::string id : {"1", "2"}) Put(state, id, /*unique=*/true);
    ASSERT_TRUE(inspector_.DeleteAll(All(state), {}).ok());
    EXPECT_THAT(QueueKeys(), IsEmpty()) << Name(state);
  }
}

// asynq hands all ids to one call of Redis, which takes no more than 8000.
TEST_F(BulkTest, TenThousandTasksAreChangedInBatches) {
  for (const State state : {State::kPending, State::kRetry}) {
    PutMany(state, kMany);
    std::vector<int64_t> steps;
    const Inspector::Bulk bulk{.limit = std::nullopt, .consent = nullptr, .progress = [&](int64_t done, int64_t total) {
                                 EXPECT_EQ(total, kMany);
                                 steps.push_back(done);
                               }};
    const auto archived = inspector_.ArchiveAll(All(state), bulk);
    ASSERT_TRUE(archived.ok()) << archived.status();
    EXPECT_EQ(archived->changed, kMany);
    EXPECT_THAT(steps, SizeIs(kMany / 500));
    EXPECT_EQ(steps.back(), kMany);
    EXPECT_EQ(Integer({"ZCARD", StateKey(queue_, State::kArchived)}), kMany);
    const auto deleted = inspector_.DeleteAll(All(State::kArchived), {});
    ASSERT_TRUE(deleted.ok()) << deleted.status();
    EXPECT_EQ(deleted->changed, kMany);
    EXPECT_THAT(QueueKeys(), IsEmpty());
  }
}

TEST_F(BulkTest, RunningSetsPendingSinceAndTheOldestRunsFirst) {
  PutMany(State::kRetry, 3);
  ASSERT_TRUE(inspector_.RunAll(All(State::kRetry), {}).ok());
  EXPECT_THAT(IdsIn(State::kPending), ElementsAre("2", "1", "0")) << "taken from the right";
  for (const std::string id : {"0", "1", "2"}) EXPECT_NE(Text({"HGET", TaskKey(queue_, id), "pending_since"}), "");
}

// asynq's inspector trims the archive and keeps the hashes.
TEST_F(BulkTest, ATrimmedArchiveLeavesNoHashes) {
  Inspector inspector(redis_, clock_, {.archive = {.most = 10, .max_age = absl::Hours(24)}, .batch = 7});
  PutMany(State::kRetry, 25);
  const auto result = inspector.ArchiveAll(All(State::kRetry), {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->changed, 25);
  EXPECT_EQ(result->trimmed, 15);
  EXPECT_EQ(Problem(), "");
  EXPECT_THAT(IdsIn(State::kArchived), SizeIs(10));
  Put(State::kPending, "one more");
  ASSERT_TRUE(inspector.ArchiveTask(queue_, "one more").ok());
  EXPECT_EQ(Problem(), "");
  EXPECT_THAT(IdsIn(State::kArchived), SizeIs(10));
}

TEST_F(BulkTest, ALimitEndsItSoonerAndSaysThatThereIsMore) {
  PutMany(State::kScheduled, 1200);
  const auto first =
      inspector_.DeleteAll(All(State::kScheduled), {.limit = 1000, .consent = nullptr, .progress = nullptr});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->changed, 1000);
  EXPECT_TRUE(first->more);
  const auto second =
      inspector_.DeleteAll(All(State::kScheduled), {.limit = 1000, .consent = nullptr, .progress = nullptr});
  EXPECT_EQ(second->changed, 200);
  EXPECT_FALSE(second->more);
}

// Or an operator who runs an archive whose tasks fail at once would never see the end.
TEST_F(BulkTest, WhatComesMeanwhileIsNotWaitedFor) {
  PutMany(State::kArchived, 3);
  Inspector inspector(redis_, clock_, {.archive = {}, .batch = 1});
  int added = 0;
  const Inspector::Bulk bulk{.limit = std::nullopt, .consent = nullptr, .progress = [&](int64_t, int64_t) {
                               ASSERT_LT(added, 10);
                               Put(State::kArchived, fmt::format("new {}", added++));
                             }};
  const auto result = inspector.RunAll(All(State::kArchived), bulk);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->changed, 3);
  EXPECT_TRUE(result->more);
  EXPECT_THAT(IdsIn(State::kPending), ElementsAre("2", "1", "0"));
}

TEST_F(BulkTest, NothingIsChangedWithoutConsent) {
  PutMany(State::kRetry, 3);
  std::vector<int64_t> asked;
  const Inspector::Bulk bulk{.limit = 2,
                             .consent =
                                 [&](int64_t total) {
                                   asked.push_back(total);
                                   return absl::CancelledError("no");
                                 },
                             .progress = nullptr};
  EXPECT_EQ(inspector_.DeleteAll(All(State::kRetry), bulk).status().message(), "no");
  EXPECT_THAT(IdsIn(State::kRetry), SizeIs(3));
  EXPECT_TRUE(inspector_.DeleteAll(All(State::kScheduled), bulk).ok()) << "there is nothing to ask for";
  EXPECT_TRUE(absl::IsFailedPrecondition(inspector_.DeleteAll(All(State::kActive), bulk).status()));
  EXPECT_THAT(asked, ElementsAre(2));
}

TEST_F(BulkTest, OneGroupOrAll) {
  Put(State::kAggregating, "one");
  Ask({"HSET", TaskKey(queue_, "two"), "msg", Encode(MessageOf("one")), "state", "aggregating", "group", "g2"});
  Ask({"ZADD", GroupKey(queue_, "g2"), "1", "two"});
  Ask({"SADD", GroupsKey(queue_), "g2", "empty"});
  const auto one = inspector_.RunAll({.queue = queue_, .state = State::kAggregating, .group = "g2"}, {});
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ(one->changed, 1);
  EXPECT_FALSE(one->more);
  EXPECT_THAT(IdsIn(State::kPending), ElementsAre("two"));
  EXPECT_EQ(inspector_.RunAll(All(State::kAggregating), {})->changed, 1);
  EXPECT_THAT(IdsIn(State::kPending), ElementsAre("one", "two"));
  EXPECT_EQ(Integer({"SISMEMBER", GroupsKey(queue_), std::string(kGroup)}), 0);
  EXPECT_EQ(inspector_.RunAll({.queue = queue_, .state = State::kRetry, .group = "g2"}, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(BulkTest, AnIdWithoutATaskIsDroppedAndOneThatIsElsewhereStaysThere) {
  Put(State::kRetry, "good");
  Put(State::kActive, "busy");
  Ask({"ZADD", StateKey(queue_, State::kRetry), "1", "ghost", "2", "busy"});
  const auto result = inspector_.DeleteAll(All(State::kRetry), {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->changed, 1);
  EXPECT_EQ(StateOf("busy"), "active");
  EXPECT_EQ(Problem(), "");
}

TEST_F(BulkTest, AQueueThatDoesNotExist) {
  EXPECT_EQ(status::Reason(inspector_.RunAll({.queue = "none", .state = State::kRetry, .group = ""}, {}).status()),
            "QUEUE_NOT_FOUND");
}

}  // namespace
}  // namespace smallbiznis::task
