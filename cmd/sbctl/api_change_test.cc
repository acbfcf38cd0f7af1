#include "cmd/sbctl/api_change.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "pkg/status/status.h"
#include "smallbiznis/queue/v1/queue.pb.h"

namespace smallbiznis::sbctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace v1 = queue::v1;

// A queue of archived tasks, which come back as soon as they run.
class FakeApi final : public Api {
 public:
  absl::Status Call(std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message& response) override {
    const std::string name(method.substr(method.rfind('/') + 1));
    calls.push_back(name);
    if (failures.contains(name)) return failures[name];
    if (name == "GetQueue") {
      static_cast<v1::Queue&>(response).mutable_tasks()->set_archived(archived);
    } else if (name == "RunTasks") {
      const auto& asked = static_cast<const v1::RunTasksRequest&>(request);
      static_cast<v1::RunTasksResponse&>(response).set_changed_count(std::min<int64_t>(asked.max_count(), archived));
      static_cast<v1::RunTasksResponse&>(response).set_more(archived > 0);
    } else if (name == "DeleteTasks") {
      const auto& asked = static_cast<const v1::DeleteTasksRequest&>(request);
      EXPECT_LE(asked.max_count(), 1000);
      const int64_t deleted = std::min<int64_t>(asked.max_count(), archived);
      archived -= deleted;
      static_cast<v1::DeleteTasksResponse&>(response).set_changed_count(deleted);
      static_cast<v1::DeleteTasksResponse&>(response).set_more(archived > 0);
    } else if (name == "RunTask") {
      const auto& asked = static_cast<const v1::RunTaskRequest&>(request);
      if (asked.task_id().starts_with("missing")) return absl::NotFoundError(asked.task_id() + " is not there");
      static_cast<v1::Task&>(response).set_task_id(asked.task_id());
    }
    return absl::OkStatus();
  }

  int64_t archived = 0;
  std::vector<std::string> calls;
  std::map<std::string, absl::Status> failures;
};

class ChangeTest : public testing::Test {
 protected:
  absl::Status Do(Change change, const ChangeRequest& request) {
    Session session{.api = api_, .in = in_, .out = out_, .err = err_, .json = json_, .can_ask = can_ask_};
    return ChangeTasks(change, request, session);
  }
  static ChangeRequest AllArchived() {
    return {.queue = "q", .ids = {}, .state = "archived", .group = "", .sure = false};
  }

  FakeApi api_;
  bool json_ = false;
  bool can_ask_ = true;
  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(ChangeTest, GoesOnInStepsUntilNothingIsLeft) {
  api_.archived = 2500;
  in_.str("y\n");
  ASSERT_TRUE(Do(Change::kDelete, AllArchived()).ok());
  EXPECT_EQ(api_.archived, 0);
  EXPECT_THAT(api_.calls, SizeIs(1 + 10));
  EXPECT_EQ(out_.str(), "deleted 2500 archived tasks\n");
  EXPECT_THAT(err_.str(), HasSubstr("Delete 2500 archived tasks of queue q? [y/N] "));
  EXPECT_THAT(err_.str(), HasSubstr("deleting: 50 % (1250 of 2500)\n"));
}

TEST_F(ChangeTest, TasksThatComeBackAreNotRunForEver) {
  api_.archived = 250;
  ASSERT_TRUE(Do(Change::kRun, AllArchived()).ok());
  EXPECT_THAT(api_.calls, ElementsAre("GetQueue", "RunTasks", "RunTasks", "RunTasks"));
  EXPECT_EQ(out_.str(), "made pending 250 archived tasks\n");
}

TEST_F(ChangeTest, NothingIsDeletedUnasked) {
  api_.archived = 3;
  in_.str("\n");
  EXPECT_EQ(Do(Change::kDelete, AllArchived()).message(), "nothing was deleted");
  can_ask_ = false;
  EXPECT_THAT(std::string(Do(Change::kDelete, AllArchived()).message()), HasSubstr("--yes"));
  ChangeRequest one = AllArchived();
  one.ids = {"a"};
  EXPECT_FALSE(Do(Change::kDelete, one).ok());
  EXPECT_THAT(api_.calls, ElementsAre("GetQueue", "GetQueue"));
  ChangeRequest sure = AllArchived();
  sure.sure = true;
  EXPECT_TRUE(Do(Change::kDelete, sure).ok());
  EXPECT_EQ(api_.archived, 0);
}

TEST_F(ChangeTest, AnErrorOnTheWaySaysWhatWasDone) {
  api_.archived = 5;
  api_.failures["RunTasks"] = absl::UnavailableError("gone");
  EXPECT_EQ(Do(Change::kRun, AllArchived()).message(), "gone");
  EXPECT_EQ(out_.str(), "made pending 0 archived tasks\n");
}

TEST_F(ChangeTest, WhatIsRefusedIsAskedOnceEvenOfAnEmptyQueue) {
  api_.failures["RunTasks"] = status::Error(absl::StatusCode::kFailedPrecondition, "TASK_STATE_CONFLICT", "no");
  EXPECT_EQ(status::Reason(Do(Change::kRun, AllArchived())), "TASK_STATE_CONFLICT");
}

TEST_F(ChangeTest, EachIdIsTriedAndTheFirstErrorIsTheAnswer) {
  ChangeRequest some = AllArchived();
  some.ids = {"a", "missing 1", "b", "missing 2"};
  EXPECT_EQ(Do(Change::kRun, some).message(), "missing 1 is not there");
  EXPECT_EQ(out_.str(), "made pending a\nmade pending b\n");
  EXPECT_EQ(err_.str(), "sbctl: missing 2 is not there\n");
}

TEST_F(ChangeTest, JsonIsOneObject) {
  json_ = true;
  api_.archived = 250;
  ASSERT_TRUE(Do(Change::kRun, AllArchived()).ok());
  EXPECT_EQ(out_.str(), "{\"changedCount\":\"250\",\"more\":true}\n");
  EXPECT_THAT(err_.str(), HasSubstr("running: 100 %"));
}

}  // namespace
}  // namespace smallbiznis::sbctl
