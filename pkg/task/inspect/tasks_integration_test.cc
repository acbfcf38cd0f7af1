#include <gmock/gmock.h>

#include "pkg/task/inspect/testing.h"

namespace smallbiznis::task {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class TasksTest : public InspectTest {
 protected:
  std::vector<std::string> Ids(const Selection& selection, int page_size, const std::function<void()>& between = {}) {
    std::vector<std::string> ids;
    Inspector::PageRequest page{.size = page_size, .after = ""};
    do {
      const auto answer = inspector_.ListTasks(selection, page);
      EXPECT_TRUE(answer.ok()) << answer.status();
      if (!answer.ok()) break;
      for (const TaskInfo& task : answer->tasks) ids.push_back(task.message.id);
      page.after = answer->next;
      if (between) between();
    } while (!page.after.empty());
    return ids;
  }
};

TEST_F(TasksTest, ListsTheTasksOfEachStateInTheirOrder) {
  for (const State state : kStates) {
    for (const std::string id : {"1", "2", "3"}) Put(state, fmt::format("{} {}", Name(state), id));
    Selection selection = All(state);
    if (state == State::kAggregating) selection.group = kGroup;
    for (const int size : {1, 2, 3, 30}) {
      EXPECT_THAT(Ids(selection, size), ElementsAre(fmt::format("{} 1", Name(state)), fmt::format("{} 2", Name(state)),
                                                    fmt::format("{} 3", Name(state))))
          << Name(state) << " by " << size;
    }
  }
}

TEST_F(TasksTest, ThousandsOfOneSecondAreEachListedOnce) {
  PutMany(State::kScheduled, 2500);
  for (int i = 0; i < 2500; ++i) Ask({"ZADD", StateKey(queue_, State::kScheduled), "XX", "1000", std::to_string(i)});
  const std::vector<std::string> ids = Ids(All(State::kScheduled), 1000);
  EXPECT_THAT(ids, SizeIs(2500));
  EXPECT_THAT(std::set<std::string>(ids.begin(), ids.end()), SizeIs(2500));
}

TEST_F(TasksTest, APageGoesOnWhereTheLastOneEndedWhateverWasDeleted) {
  PutMany(State::kRetry, 10);
  int deleted = 0;
  const std::vector<std::string> ids = Ids(All(State::kRetry), 3, [&] {
    for (int i = 0; i < 3 && deleted < 9; ++i) {
      ASSERT_TRUE(inspector_.DeleteTask(queue_, std::to_string(deleted++)).ok());
    }
    Ask({"ZADD", StateKey(queue_, State::kRetry), "1", "sooner"});
    Ask({"HSET", TaskKey(queue_, "sooner"), "msg", Encode(MessageOf("9")), "state", "retry"});
  });
  EXPECT_THAT(ids, ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
}

TEST_F(TasksTest, WhatCannotBeReadIsLeftOut) {
  for (const std::string id : {"1", "2", "3"}) Put(State::kArchived, id);
  Ask({"DEL", TaskKey(queue_, "1")});
  Ask({"HSET", TaskKey(queue_, "2"), "msg", "\xff\xff"});
  EXPECT_THAT(Ids(All(State::kArchived), 1), ElementsAre("3"));
  EXPECT_EQ(status::Reason(inspector_.GetTask(queue_, "2").status()), "TASK_UNREADABLE");
}

TEST_F(TasksTest, APageOfLargeTasksEndsEarly) {
  for (const std::string id : {"1", "2", "3", "4", "5"}) {
    ASSERT_TRUE(client_
                    .Enqueue({.type = "t", .payload = std::string(1 << 20, 'x'), .headers = {}},
                             {.queue = queue_, .id = id, .process_in = absl::Hours(1)})
                    .ok());
  }
  const auto page = inspector_.ListTasks(All(State::kScheduled), {});
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_LT(page->tasks.size(), 3U);
  EXPECT_GT(page->tasks.size(), 0U);
  EXPECT_THAT(Ids(All(State::kScheduled), 30), SizeIs(5));
}

TEST_F(TasksTest, ShowsATaskWithWhatItsStateSays) {
  struct Row {
    State state;
    bool due;
  };
  const absl::Time before = clock_.Now() - absl::Seconds(2);
  for (const auto& [state, due] :
       {Row{State::kActive, false}, Row{State::kPending, true}, Row{State::kScheduled, true}, Row{State::kRetry, true},
        Row{State::kArchived, false}, Row{State::kCompleted, false}, Row{State::kAggregating, false}}) {
    const std::string id(Name(state));
    Put(state, id);
    Ask({"HSET", TaskKey(queue_, id), "result", "its result"});
    const auto task = inspector_.GetTask(queue_, id);
    ASSERT_TRUE(task.ok()) << task.status();
    EXPECT_EQ(task->state, state);
    EXPECT_EQ(task->message.payload, "payload of " + id);
    EXPECT_EQ(task->result, "its result");
    EXPECT_EQ(task->next_process_at.has_value(), due) << id;
    if (due) {
      EXPECT_GE(*task->next_process_at, before) << id;
    }
    EXPECT_FALSE(task->orphaned);
  }
  EXPECT_EQ(status::Reason(inspector_.GetTask(queue_, "missing").status()), "TASK_NOT_FOUND");
  EXPECT_EQ(status::Reason(inspector_.GetTask("none", "active").status()), "QUEUE_NOT_FOUND");
}

TEST_F(TasksTest, AnActiveTaskWhoseLeaseIsOverIsAnOrphan) {
  for (const std::string id : {"1", "2"}) Put(State::kActive, id);
  Ask({"ZADD", LeaseKey(queue_), "1000", "1"});
  EXPECT_TRUE(inspector_.GetTask(queue_, "1")->orphaned);
  EXPECT_FALSE(inspector_.GetTask(queue_, "2")->orphaned);
  Ask({"ZREM", LeaseKey(queue_), "2"});
  EXPECT_TRUE(inspector_.GetTask(queue_, "2")->orphaned);
  const auto page = inspector_.ListTasks(All(State::kActive), {});
  ASSERT_EQ(page->tasks.size(), 2U);
  EXPECT_TRUE(page->tasks[0].orphaned);
}

TEST_F(TasksTest, WhatCannotBeAskedNamesItsField) {
  struct Row {
    Selection selection;
    Inspector::PageRequest page;
    std::string field;
  };
  Selection grouped = All(State::kRetry);
  grouped.group = "g";
  const Row rows[] = {
      {All(State::kRetry), {.size = 0, .after = ""}, "size"},
      {All(State::kRetry), {.size = 1001, .after = ""}, "size"},
      {All(State::kRetry), {.size = 1, .after = "x y"}, "after"},
      {All(State::kRetry), {.size = 1, .after = "17"}, "after"},
      {All(State::kPending), {.size = 1, .after = "-1"}, "after"},
      {All(State::kAggregating), {}, "group"},
      {grouped, {}, "group"},
  };
  for (const Row& row : rows) {
    const auto violations = status::FieldViolations(inspector_.ListTasks(row.selection, row.page).status());
    ASSERT_THAT(violations, SizeIs(1));
    EXPECT_EQ(violations[0].field, row.field);
  }
}

}  // namespace
}  // namespace smallbiznis::task
