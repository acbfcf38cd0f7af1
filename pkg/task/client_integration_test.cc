#include "pkg/task/client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "pkg/status/status.h"
#include "pkg/task/testing.h"

namespace smallbiznis::task {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class ClientTest : public QueueTest {
 protected:
  absl::StatusOr<TaskInfo> Enqueue(const Task& task, EnqueueOptions options = {}) {
    options.queue = queue_;
    return client_.Enqueue(task, options);
  }
};

TEST_F(ClientTest, APlainTaskIsPendingWithTheDefaults) {
  const auto info = Enqueue({.type = "t", .payload = std::string("\x00\xff", 2), .headers = {{"k", "v"}}});
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->state, State::kPending);
  EXPECT_EQ(StateOf(info->message.id), "pending");
  const Message message = MessageOf(info->message.id);
  EXPECT_EQ(message.type, "t");
  EXPECT_EQ(message.payload, std::string("\x00\xff", 2));
  EXPECT_EQ(message.queue, queue_);
  EXPECT_EQ(message.max_retry, 25);
  EXPECT_EQ(message.timeout, absl::Minutes(30));
  EXPECT_EQ(message.headers, (std::map<std::string, std::string>{{"k", "v"}}));
  EXPECT_EQ(message.id.size(), 36U);
  EXPECT_EQ(message.id[14], '4');
  EXPECT_EQ(Integer({"SISMEMBER", std::string(kQueuesKey), queue_}), 1);
  EXPECT_NE(Text({"HGET", TaskKey(queue_, message.id), "pending_since"}), "");
}

TEST_F(ClientTest, WhereATaskGoes) {
  struct Row {
    EnqueueOptions options;
    State state;
    std::set<std::string> keys;
  };
  const absl::Time later = clock_.Now() + absl::Hours(1);
  const Row rows[] = {
      {{.id = "a"}, State::kPending, {"t:a", "pending"}},
      {{.id = "b", .process_at = later}, State::kScheduled, {"t:b", "scheduled"}},
      {{.id = "c", .process_in = absl::Hours(1)}, State::kScheduled, {"t:c", "scheduled"}},
      {{.id = "d", .process_at = clock_.Now() - absl::Hours(1)}, State::kPending, {"t:d", "pending"}},
      {{.id = "e", .group = "g1"}, State::kAggregating, {"t:e", "g:g1", "groups"}},
      {{.id = "f", .process_at = later, .group = "g1"}, State::kScheduled, {"t:f", "scheduled"}},
  };
  for (const Row& row : rows) {
    const auto info = Enqueue({.type = "t"}, row.options);
    ASSERT_TRUE(info.ok()) << info.status();
    EXPECT_EQ(info->state, row.state) << *row.options.id;
    EXPECT_EQ(StateOf(*row.options.id), Name(row.state));
    EXPECT_EQ(QueueKeys(), row.keys);
    for (const std::string& key : FullQueueKeys()) Ask({"DEL", key});
  }
}

// asynq forgets the group of a task that is scheduled, which then runs by itself.
TEST_F(ClientTest, AScheduledTaskRemembersItsGroup) {
  ASSERT_TRUE(Enqueue({.type = "t"}, {.id = "one", .process_in = absl::Hours(1), .group = "g1"}).ok());
  EXPECT_EQ(Text({"HGET", TaskKey(queue_, "one"), "group"}), "g1");
}

TEST_F(ClientTest, TimeoutAndDeadline) {
  const absl::Time deadline = absl::FromUnixSeconds(4000000000);
  struct Row {
    EnqueueOptions options;
    absl::Duration timeout;
    std::optional<absl::Time> deadline;
  };
  const Row rows[] = {
      {{.id = "a", .timeout = absl::Seconds(30)}, absl::Seconds(30), std::nullopt},
      {{.id = "b", .deadline = deadline}, absl::ZeroDuration(), deadline},
      {{.id = "c", .timeout = absl::Seconds(30), .deadline = deadline}, absl::Seconds(30), deadline},
      {{.id = "d", .timeout = absl::Milliseconds(1500)}, absl::Seconds(1), std::nullopt},
      {{.id = "e", .timeout = absl::Milliseconds(500)}, absl::Minutes(30), std::nullopt},
  };
  for (const Row& row : rows) {
    ASSERT_TRUE(Enqueue({.type = "t"}, row.options).ok());
    EXPECT_EQ(MessageOf(*row.options.id).timeout, row.timeout) << *row.options.id;
    EXPECT_EQ(MessageOf(*row.options.id).deadline, row.deadline) << *row.options.id;
  }
}

TEST_F(ClientTest, ASecondTaskOfTheSameContentIsADuplicateWhileTheLockHolds) {
  const Task task{.type = "t", .payload = "p", .headers = {}};
  ASSERT_TRUE(Enqueue(task, {.id = "one", .unique_for = absl::Minutes(1)}).ok());
  const absl::Status second = Enqueue(task, {.unique_for = absl::Minutes(1)}).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(status::Reason(second), "TASK_DUPLICATE");
  EXPECT_TRUE(Enqueue(task).ok()) << "without the option nobody asks for the lock";
  EXPECT_TRUE(Enqueue({.type = "t", .payload = std::nullopt, .headers = {}}, {.unique_for = absl::Minutes(1)}).ok());
  EXPECT_TRUE(Enqueue({.type = "t", .payload = "", .headers = {}}, {.unique_for = absl::Minutes(1)}).ok());
  EXPECT_EQ(Text({"GET", UniqueKey(queue_, "t", "p")}), "one");
}

TEST_F(ClientTest, TheLockOfAScheduledTaskCoversItsDelay) {
  ASSERT_TRUE(Enqueue({.type = "t"}, {.unique_for = absl::Seconds(10), .process_in = absl::Seconds(100)}).ok());
  const int64_t left = Integer({"TTL", UniqueKey(queue_, "t", std::nullopt)});
  EXPECT_GE(left, 108);
  EXPECT_LE(left, 110);
}

TEST_F(ClientTest, AnIdThatIsTakenIsAConflictInWhateverStateTheOtherIs) {
  for (const EnqueueOptions& options :
       {EnqueueOptions{.id = "one"}, EnqueueOptions{.id = "two", .process_in = absl::Hours(1)},
        EnqueueOptions{.id = "three", .group = "g"}}) {
    ASSERT_TRUE(Enqueue({.type = "t"}, options).ok());
    const absl::Status second = Enqueue({.type = "u"}, {.id = options.id}).status();
    EXPECT_EQ(second.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(status::Reason(second), "TASK_ID_CONFLICT");
    EXPECT_EQ(MessageOf(*options.id).type, "t");
  }
}

// What several threads add at once travels together; each has an answer of its own.
TEST_F(ClientTest, ThreadsThatEnqueueAtOnceEachGetTheirOwnAnswer) {
  constexpr int kThreads = 8;
  constexpr int kEach = 100;
  ASSERT_TRUE(Enqueue({.type = "t"}, {.id = "taken"}).ok());
  std::vector<std::thread> threads;
  std::atomic<int> added = 0, refused = 0;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        const std::string id = fmt::format("{}-{}", thread, i);
        const auto info = Enqueue({.type = id}, {.id = id});
        if (info.ok() && info->message.id == id) ++added;
        if (status::Reason(Enqueue({.type = "u"}, {.id = "taken"}).status()) == "TASK_ID_CONFLICT") ++refused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(added, kThreads * kEach);
  EXPECT_EQ(refused, kThreads * kEach);
  EXPECT_EQ(Integer({"LLEN", StateKey(queue_, State::kPending)}), 1 + kThreads * kEach);
  EXPECT_EQ(MessageOf("7-99").type, "7-99");
  EXPECT_EQ(MessageOf("taken").type, "t");
}

// asynq takes the lock first and keeps it when the id turns out to be taken.
TEST_F(ClientTest, AnIdConflictLeavesNoLockBehind) {
  ASSERT_TRUE(Enqueue({.type = "t"}, {.id = "one"}).ok());
  ASSERT_FALSE(Enqueue({.type = "u"}, {.id = "one", .unique_for = absl::Minutes(1)}).ok());
  EXPECT_EQ(Text({"GET", UniqueKey(queue_, "u", std::nullopt)}), "");
}

TEST_F(ClientTest, WhatCannotBeIsRefusedByFieldBeforeRedisIsAsked) {
  struct Row {
    Task task;
    EnqueueOptions options;
    std::string field;
  };
  const Row rows[] = {
      {{.type = " "}, {}, "type"},
      {{.type = "\xff"}, {}, "type"},
      {{.type = "t", .payload = std::string((1 << 20) + 1, 'x'), .headers = {}}, {}, "payload"},
      {{.type = "t", .payload = std::nullopt, .headers = {{"k", "\xff"}}}, {}, "headers"},
      {{.type = "t"}, {.queue = ""}, "queue"},
      {{.type = "t"}, {.queue = "a{b}"}, "queue"},
      {{.type = "t"}, {.queue = "\xff"}, "queue"},
      {{.type = "t"}, {.id = " "}, "id"},
      {{.type = "t"}, {.id = std::string(201, 'i')}, "id"},
      {{.type = "t"}, {.group = ""}, "group"},
      {{.type = "t"}, {.unique_for = absl::Milliseconds(999)}, "unique_for"},
      {{.type = "t"}, {.timeout = -absl::Seconds(1)}, "timeout"},
      {{.type = "t"}, {.process_at = clock_.Now(), .process_in = absl::Seconds(1)}, "process_in"},
  };
  for (const Row& row : rows) {
    const absl::Status status = client_.Enqueue(row.task, row.options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << row.field;
    EXPECT_THAT(status::FieldViolations(status), ElementsAre(Field(&status::FieldViolation::field, row.field)));
  }
  EXPECT_THAT(QueueKeys(), IsEmpty());
}

TEST_F(ClientTest, PayloadsOfEverySizeUpToTheLimit) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{1} << 20}) {
    const auto info = Enqueue({.type = "t", .payload = std::string(size, '\x80'), .headers = {}});
    ASSERT_TRUE(info.ok()) << info.status();
    EXPECT_EQ(MessageOf(info->message.id).payload.size(), size);
  }
}

TEST_F(ClientTest, EachTaskOfManyHasItsOwnAnswer) {
  std::vector<NewTask> tasks;
  for (int i = 0; i < 1201; ++i) tasks.push_back({{.type = "t"}, {.queue = queue_, .id = "id-" + std::to_string(i)}});
  tasks[7].options.id = "id-6";
  tasks[8].task.type = "";
  tasks[9].options.queue = queue_ + "-other";
  const auto answers = client_.EnqueueAll(tasks);
  ASSERT_EQ(answers.size(), tasks.size());
  for (size_t i = 0; i < answers.size(); ++i) {
    if (i == 7) {
      EXPECT_EQ(status::Reason(answers[i].status()), "TASK_ID_CONFLICT");
    } else if (i == 8) {
      EXPECT_EQ(answers[i].status().code(), absl::StatusCode::kInvalidArgument);
    } else {
      ASSERT_TRUE(answers[i].ok()) << i << answers[i].status();
      EXPECT_EQ(answers[i]->message.id, *tasks[i].options.id);
    }
  }
  EXPECT_EQ(Integer({"LLEN", StateKey(queue_, State::kPending)}), 1198);
  const redis::Reply pending = Ask({"LRANGE", StateKey(queue_, State::kPending), "0", "-1"});
  std::vector<std::string> newest_first;
  const std::span<const redis::Reply> ids = *pending.AsArray();
  for (const redis::Reply& id : ids) newest_first.emplace_back(*id.AsText());
  std::vector<std::string> asked;
  for (int i = 1200; i >= 0; --i) {
    if (i < 7 || i > 9) asked.push_back("id-" + std::to_string(i));
  }
  EXPECT_EQ(newest_first, asked) << "the first one is the oldest";
  EXPECT_EQ(Integer({"LLEN", StateKey(queue_ + "-other", State::kPending)}), 1);
  Ask({"DEL", StateKey(queue_ + "-other", State::kPending), TaskKey(queue_ + "-other", "id-9")});
  Ask({"SREM", std::string(kQueuesKey), queue_ + "-other"});
}

// Whether some id of the batch is taken decides how it is looked at.
TEST_F(ClientTest, AnIdIsRefusedWhoeverHasIt) {
  struct Row {
    std::string id;
    bool added;
  };
  const std::vector<std::vector<Row>> batches = {{{"a", true}, {"b", true}, {"a", false}},
                                                 {{"c", true}, {"a", false}, {"c", false}, {"d", true}, {"a", false}},
                                                 {{"d", false}}};
  for (const std::vector<Row>& batch : batches) {
    std::vector<NewTask> tasks;
    for (const Row& row : batch) {
      tasks.push_back({.task = {.type = row.added ? "first" : "second"}, .options = {.queue = queue_, .id = row.id}});
    }
    const auto answers = client_.EnqueueAll(tasks);
    for (size_t i = 0; i < batch.size(); ++i) {
      EXPECT_EQ(status::Reason(answers[i].status()), batch[i].added ? "" : "TASK_ID_CONFLICT") << batch[i].id;
      EXPECT_EQ(MessageOf(batch[i].id).type, "first");
    }
  }
  EXPECT_EQ(Integer({"LLEN", StateKey(queue_, State::kPending)}), 4);
}

TEST_F(ClientTest, TasksOfEveryKindGoTogether) {
  const auto answers = client_.EnqueueAll(std::vector<NewTask>{
      {.task = {.type = "mail:send", .payload = "1", .headers = {}}, .options = {.queue = queue_, .id = "now"}},
      {.task = {.type = "mail:send", .payload = "2", .headers = {}},
       .options = {.queue = queue_, .id = "later", .process_in = absl::Hours(1)}},
      {.task = {.type = "mail:send", .payload = "3", .headers = {}},
       .options = {.queue = queue_, .id = "once", .unique_for = absl::Hours(1)}},
      {.task = {.type = "mail:send", .payload = "3", .headers = {}},
       .options = {.queue = queue_, .unique_for = absl::Hours(1)}},
      {.task = {.type = "mail:send", .payload = "4", .headers = {}}, .options = {.queue = queue_, .id = "now"}}});
  ASSERT_EQ(answers.size(), 5U);
  EXPECT_EQ(answers[0]->state, State::kPending);
  EXPECT_EQ(answers[1]->state, State::kScheduled);
  EXPECT_EQ(answers[2]->state, State::kPending);
  EXPECT_EQ(status::Reason(answers[3].status()), "TASK_DUPLICATE");
  EXPECT_EQ(status::Reason(answers[4].status()), "TASK_ID_CONFLICT");
  EXPECT_EQ(Integer({"LLEN", StateKey(queue_, State::kPending)}), 2);
  EXPECT_EQ(Integer({"ZCARD", StateKey(queue_, State::kScheduled)}), 1);
}

}  // namespace
}  // namespace smallbiznis::task
