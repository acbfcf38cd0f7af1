#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "pkg/redis/subscriber.h"
#include "pkg/task/inspect/testing.h"

namespace smallbiznis::task {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ChangesTest : public InspectTest {
 protected:
  enum class What { kRun, kArchive, kDelete };

  absl::StatusOr<ChangedTask> Do(What what, const std::string& id) {
    switch (what) {
      case What::kRun:
        return inspector_.RunTask(queue_, id);
      case What::kArchive:
        return inspector_.ArchiveTask(queue_, id);
      case What::kDelete:
        break;
    }
    return inspector_.DeleteTask(queue_, id);
  }
};

TEST_F(ChangesTest, EachChangeInEachState) {
  // What the change leads to, or why it is refused.
  struct Row {
    State state;
    const char* run;
    const char* archive;
    const char* deleted;
  };
  const char* const kCancel = "cannot {} task in active state. use CancelProcessing instead.";
  const Row rows[] = {
      {State::kActive, "task is already running", kCancel, kCancel},
      {State::kPending, "task is already in pending state", "", ""},
      {State::kScheduled, "", "", ""},
      {State::kRetry, "", "", ""},
      {State::kArchived, "", "task is already archived", ""},
      {State::kCompleted, "", "", ""},
      {State::kAggregating, "", "", ""},
  };
  for (const Row& row : rows) {
    const std::pair<What, const char*> changes[] = {
        {What::kRun, row.run}, {What::kArchive, row.archive}, {What::kDelete, row.deleted}};
    for (const auto& [what, refusal] : changes) {
      const std::string id = fmt::format("{}-{}", Name(row.state), static_cast<int>(what));
      SCOPED_TRACE(id);
      Put(row.state, id);
      const auto changed = Do(what, id);
      EXPECT_EQ(Problem(), "");
      if (*refusal != '\0') {
        EXPECT_EQ(changed.status().code(), absl::StatusCode::kFailedPrecondition);
        EXPECT_EQ(status::Reason(changed.status()), "TASK_STATE_CONFLICT");
        const std::string text = fmt::format(fmt::runtime(refusal), what == What::kArchive ? "archive" : "delete");
        EXPECT_EQ(changed.status().message(), text);
        EXPECT_EQ(StateOf(id), Name(row.state));
        continue;
      }
      ASSERT_TRUE(changed.ok()) << changed.status();
      EXPECT_EQ(changed->before, row.state);
      EXPECT_EQ(changed->task.message.payload, "payload of " + id);
      EXPECT_EQ(StateOf(id), what == What::kRun ? "pending" : what == What::kArchive ? "archived" : "");
    }
  }
  EXPECT_EQ(Integer({"EXISTS", GroupsKey(queue_)}), 0) << "a group without members is none";
}

TEST_F(ChangesTest, WhatIsNotThere) {
  for (const What what : {What::kRun, What::kArchive, What::kDelete}) {
    EXPECT_EQ(status::Reason(Do(what, "missing").status()), "TASK_NOT_FOUND");
  }
  EXPECT_EQ(status::Reason(inspector_.RunTask("no such queue", "x").status()), "QUEUE_NOT_FOUND");
  EXPECT_EQ(status::Reason(inspector_.CancelTask(queue_, "missing")), "TASK_NOT_FOUND");
  EXPECT_EQ(status::Reason(inspector_.UpdateTaskPayload(queue_, "missing", "p")), "TASK_NOT_FOUND");
}

// asynq does not, so the queue's latency reads 0 while the task waits.
TEST_F(ChangesTest, RunningATaskSetsPendingSince) {
  Put(State::kArchived, "one");
  ASSERT_TRUE(inspector_.RunTask(queue_, "one").ok());
  const std::string since = Text({"HGET", TaskKey(queue_, "one"), "pending_since"});
  EXPECT_GT(since, std::to_string(absl::ToUnixNanos(clock_.Now() - absl::Minutes(1))));
  EXPECT_GT(inspector_.GetQueue(queue_)->latency, absl::ZeroDuration());
}

// asynq keeps the lock of an aggregating task: only its message names it.
TEST_F(ChangesTest, DeletingATaskReleasesItsLockWhateverItsState) {
  for (const State state : kStates) {
    if (state == State::kActive) continue;
    const std::string id(Name(state));
    Put(state, id, /*unique=*/true);
    ASSERT_TRUE(inspector_.DeleteTask(queue_, id).ok());
    EXPECT_EQ(Text({"GET", LockOf(id)}), "") << id;
  }
}

TEST_F(ChangesTest, DeletingATaskLeavesALockThatAnotherOneHas) {
  Put(State::kRetry, "one", /*unique=*/true);
  Ask({"SET", LockOf("one"), "another"});
  ASSERT_TRUE(inspector_.DeleteTask(queue_, "one").ok());
  EXPECT_EQ(Text({"GET", LockOf("one")}), "another");
}

TEST_F(ChangesTest, RunningAndArchivingKeepTheLock) {
  Put(State::kScheduled, "one", /*unique=*/true);
  ASSERT_TRUE(inspector_.RunTask(queue_, "one").ok());
  ASSERT_TRUE(inspector_.ArchiveTask(queue_, "one").ok());
  EXPECT_EQ(Text({"GET", LockOf("one")}), "one");
}

// A Go worker whose acknowledgement failed half-way leaves a task that is active and in no list. asynq's inspector
// cannot touch it.
TEST_F(ChangesTest, ATaskInNoListCanBeChanged) {
  for (const What what : {What::kRun, What::kArchive, What::kDelete}) {
    Put(State::kActive, "stuck");
    Ask({"DEL", StateKey(queue_, State::kActive)});
    Ask({"DEL", LeaseKey(queue_)});
    ASSERT_TRUE(Do(what, "stuck").ok());
    EXPECT_EQ(Problem(), "");
    inspector_.DeleteTask(queue_, "stuck").IgnoreError();
  }
}

// So does one that could not write down that its task is completed.
TEST_F(ChangesTest, ATaskThatIsNotWhereItsStateSaysLeavesTheListThatItIsIn) {
  for (const What what : {What::kRun, What::kArchive, What::kDelete}) {
    for (const State place : {State::kPending, State::kCompleted, State::kAggregating}) {
      Put(place, "stray");
      Ask({"HSET", TaskKey(queue_, "stray"), "state", "active"});
      ASSERT_TRUE(Do(what, "stray").ok());
      EXPECT_EQ(Problem(), "") << Name(place);
      inspector_.DeleteTask(queue_, "stray").IgnoreError();
    }
  }
}

TEST_F(ChangesTest, DeletingTakesAwayAnIdWithoutATask) {
  Ask({"LPUSH", StateKey(queue_, State::kActive), "ghost"});
  Ask({"ZADD", LeaseKey(queue_), "1", "ghost"});
  Ask({"HSET", TaskKey(queue_, "ghost"), "state", "active"});
  EXPECT_EQ(status::Reason(inspector_.RunTask(queue_, "ghost").status()), "TASK_NOT_FOUND");
  ASSERT_TRUE(inspector_.DeleteTask(queue_, "ghost").ok());
  EXPECT_THAT(QueueKeys(), IsEmpty());
}

TEST_F(ChangesTest, ATaskThatCannotBeReadCanBeDeleted) {
  Put(State::kRetry, "one");
  Ask({"HSET", TaskKey(queue_, "one"), "msg", "\xff\xff"});
  const auto deleted = inspector_.DeleteTask(queue_, "one");
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_EQ(deleted->task.message.id, "one");
  EXPECT_THAT(QueueKeys(), IsEmpty());
}

TEST_F(ChangesTest, ATaskThatIsBeingAggregatedIsLeftAlone) {
  Put(State::kAggregating, "one");
  const std::string set = GroupKey(queue_, kGroup) + ":set";
  Ask({"RENAME", GroupKey(queue_, kGroup), set});
  Ask({"ZADD", AggregationSetsKey(queue_), "9999999999", set});
  for (const What what : {What::kRun, What::kArchive, What::kDelete}) {
    EXPECT_EQ(Do(what, "one").status().message(), "task is being aggregated");
  }
  EXPECT_EQ(Integer({"ZCARD", set}), 1);
}

TEST_F(ChangesTest, NothingIsChangedWithoutConsent) {
  std::vector<std::string> asked;
  const Inspector::Consent refuse = [&](const ChangedTask& changed) {
    asked.push_back(
        fmt::format("{} {} -> {}", changed.task.message.id, Name(changed.before), Name(changed.task.state)));
    return absl::CancelledError("no");
  };
  for (const State state : {State::kPending, State::kRetry, State::kAggregating}) {
    const std::string id(Name(state));
    Put(state, id, /*unique=*/true);
    const std::set<std::string> before = QueueKeys();
    EXPECT_EQ(inspector_.ArchiveTask(queue_, id, refuse).status().message(), "no");
    EXPECT_EQ(inspector_.DeleteTask(queue_, id, refuse).status().message(), "no");
    EXPECT_EQ(Problem(), "");
    EXPECT_EQ(StateOf(id), id);
    EXPECT_EQ(QueueKeys(), before);
  }
  EXPECT_THAT(asked, ElementsAre("pending pending -> archived", "pending pending -> pending", "retry retry -> archived",
                                 "retry retry -> retry", "aggregating aggregating -> archived",
                                 "aggregating aggregating -> aggregating"));
  asked.clear();
  EXPECT_EQ(status::Reason(inspector_.DeleteTask(queue_, "missing", refuse).status()), "TASK_NOT_FOUND");
  EXPECT_EQ(status::Reason(inspector_.RunTask(queue_, "pending", refuse).status()), "TASK_STATE_CONFLICT");
  EXPECT_THAT(asked, IsEmpty()) << "of what cannot be nobody is asked";
  Ask({"ZADD", StateKey(queue_, State::kRetry), "1", "ghost"});
  EXPECT_FALSE(inspector_.DeleteTask(queue_, "ghost", refuse).ok());
  EXPECT_THAT(asked, SizeIs(1));
  EXPECT_NE(Text({"ZSCORE", StateKey(queue_, State::kRetry), "ghost"}), "");
  inspector_.DeleteTask(queue_, "ghost").IgnoreError();
}

TEST_F(ChangesTest, CancellingTellsWhoeverWorksOnTheTask) {
  Put(State::kActive, "one");
  Put(State::kPending, "two");
  std::atomic<bool> subscribed = false;
  std::atomic<bool> told = false;
  const std::string id = "one";
  const auto subscriber = redis::Subscriber::Start(
      RedisOptions(), {std::string(kCancelChannel)},
      {.on_message = [&](std::string_view, std::string_view message) { told = told || message == id; },
       .on_subscribed = [&] { subscribed = true; },
       .on_lost = [] {},
       .on_error = [](const absl::Status& error) { ADD_FAILURE() << error; }});
  ASSERT_TRUE(Eventually([&] { return subscribed.load(); }));
  ASSERT_TRUE(inspector_.CancelTask(queue_, id).ok());
  EXPECT_TRUE(Eventually([&] { return told.load(); }));
  const absl::Status refused = inspector_.CancelTask(queue_, "two");
  EXPECT_EQ(status::Reason(refused), "TASK_STATE_CONFLICT");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("not running"));
}

TEST_F(ChangesTest, UpdatingAPayloadMovesTheLock) {
  Put(State::kScheduled, "one", /*unique=*/true);
  ASSERT_TRUE(inspector_.UpdateTaskPayload(queue_, "one", "new").ok());
  const std::string lock = UniqueKey(queue_, "t", "new");
  EXPECT_EQ(MessageOf("one").payload, "new");
  EXPECT_EQ(MessageOf("one").unique_key, lock);
  EXPECT_EQ(MessageOf("one").max_retry, 25);
  EXPECT_EQ(Text({"GET", lock}), "one");
  EXPECT_GT(Integer({"TTL", lock}), 500);
  EXPECT_EQ(Text({"GET", LockOf("one")}), "");
  EXPECT_EQ(Text({"HGET", TaskKey(queue_, "one"), "unique_key"}), lock);

  Put(State::kScheduled, "two", /*unique=*/true);
  EXPECT_EQ(status::Reason(inspector_.UpdateTaskPayload(queue_, "two", "new")), "TASK_DUPLICATE");
  EXPECT_EQ(MessageOf("two").payload, "payload of two");
  EXPECT_EQ(Text({"GET", LockOf("two")}), "two");
}

TEST_F(ChangesTest, OnlyAScheduledTaskGetsAnotherPayload) {
  Put(State::kPending, "one");
  const absl::Status refused = inspector_.UpdateTaskPayload(queue_, "one", "new");
  EXPECT_EQ(status::Reason(refused), "TASK_STATE_CONFLICT");
  EXPECT_EQ(refused.message(), "cannot update task that is not in scheduled state.");
  EXPECT_EQ(MessageOf("one").payload, "payload of one");
}

TEST_F(ChangesTest, NoPayloadIsChangedWithoutConsent) {
  std::vector<std::string> asked;
  const Inspector::UpdateConsent refuse = [&](const Message& before, const Message& after) {
    asked.push_back(fmt::format("{} -> {}", before.payload, after.payload));
    return absl::CancelledError("no");
  };
  Put(State::kScheduled, "one", /*unique=*/true);
  const std::set<std::string> before = QueueKeys();
  EXPECT_EQ(inspector_.UpdateTaskPayload(queue_, "one", "new", refuse).message(), "no");
  EXPECT_EQ(MessageOf("one").payload, "payload of one");
  EXPECT_EQ(QueueKeys(), before);
  EXPECT_EQ(Text({"HGET", TaskKey(queue_, "one"), "unique_key"}), LockOf("one"));
  EXPECT_THAT(asked, ElementsAre("payload of one -> new"));
  const auto agree = [](const Message&, const Message&) { return absl::OkStatus(); };
  ASSERT_TRUE(inspector_.UpdateTaskPayload(queue_, "one", "new", agree).ok());
  EXPECT_EQ(MessageOf("one").payload, "new");
  asked.clear();
  Put(State::kScheduled, "two", /*unique=*/true);
  Put(State::kPending, "three");
  EXPECT_EQ(status::Reason(inspector_.UpdateTaskPayload(queue_, "two", "new", refuse)), "TASK_DUPLICATE");
  EXPECT_EQ(status::Reason(inspector_.UpdateTaskPayload(queue_, "three", "new", refuse)), "TASK_STATE_CONFLICT");
  EXPECT_THAT(asked, IsEmpty()) << "of what cannot be nobody is asked";
}

// asynq reads and writes in two steps, so of two updates at once one gets lost without a word.
TEST_F(ChangesTest, UpdatesOfOneTaskAtOnceAreEachWhole) {
  Put(State::kScheduled, "one", /*unique=*/true);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 25; ++j) {
        const absl::Status status = inspector_.UpdateTaskPayload(queue_, "one", fmt::format("{} {}", i, j));
        EXPECT_TRUE(status.ok() || absl::IsAborted(status)) << status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Message message = MessageOf("one");
  EXPECT_EQ(message.unique_key, UniqueKey(queue_, "t", message.payload));
  EXPECT_THAT(Elements({"KEYS", QueuePrefix(queue_) + "unique:*"}), ElementsAre(message.unique_key));
}

}  // namespace
}  // namespace smallbiznis::task
