// QueueService as its callers see it, on a real PostgreSQL and Redis.
#include "services/queue/api.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include <string>
#include <vector>

#include "pkg/audit/migrations.h"
#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "pkg/rpc/router.h"
#include "pkg/snowflake/generator.h"
#include "pkg/status/status.h"
#include "pkg/task/broker/presence.h"
#include "pkg/task/inspect/testing.h"

namespace smallbiznis::queue {
namespace {

using task::State;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ApiTest : public task::InspectTest {
 protected:
  static void SetUpTestSuite() {
    database_ = new db::TestDatabase(db::JoinMigrations(db::kMigrations, audit::kMigrations));
  }
  static void TearDownTestSuite() { delete database_; }

  // One call by an operator, as the router makes it; `text` is the request, with the queue in front.
  template <class Request, class Response>
  absl::StatusOr<Response> Call(absl::Status (QueueApi::*rpc)(rpc::Call&, const Request&, Response&),
                                const std::string& text) {
    const std::string queue = Request::descriptor()->FindFieldByName("queue") ? "queue: '" + queue_ + "' " : "";
    Request request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(queue + text, &request)) << text;
    rpc::Method method;
    method.path = "/" + Request::descriptor()->full_name();
    rpc::Call call(method, {.protocol = "local", .peer = "", .request_id = queue_},
                   {.subject = "api_key:1", .platform = true, .scopes = {"*"}});
    Response response;
    RETURN_IF_ERROR((api_.*rpc)(call, request, response));
    return response;
  }
  // "resource before? after?" of each row of this test.
  std::vector<std::string> Trail() {
    std::vector<std::string> rows;
    const std::string all =
        database_->Value(fmt::format("select string_agg(resource || ' ' || (before_digest is not null)::int || "
                                     "(after_digest is not null)::int, '|' order by event_number) from audit.events "
                                     "where request_id = '{}' and principal = 'api_key:1' and tenant_id = 0",
                                     queue_));
    for (size_t from = 0; from < all.size();) {
      const size_t end = std::min(all.find('|', from), all.size());
      rows.push_back(all.substr(from, end - from));
      from = end + 1;
    }
    return rows;
  }
  static std::string FirstField(const absl::Status& status) {
    const auto violations = status::FieldViolations(status);
    return violations.empty() ? "" : violations[0].field;
  }

  static inline db::TestDatabase* database_ = nullptr;
  std::unique_ptr<db::Pool> pool_ = database_->OpenPool();
  const audit::Audit audit_{clock_};
  const class Trail trail_ { *pool_, audit_ };
  const crypto::Keyring keyring_ = *crypto::Keyring::FromText(std::string(64, '1'));
  QueueApi api_{inspector_, trail_, keyring_};
};

TEST_F(ApiTest, AChangeIsInTheTrailBeforeItIsMade) {
  for (const std::string id : {"1", "2", "3"}) Put(State::kRetry, id);
  Put(State::kActive, "busy");
  EXPECT_EQ(Call(&QueueApi::RunTask, "task_id: '1'")->state(), v1::PENDING);
  EXPECT_EQ(Call(&QueueApi::ArchiveTask, "task_id: '1'")->state(), v1::ARCHIVED);
  EXPECT_EQ(Call(&QueueApi::DeleteTask, "task_id: '1'")->state(), v1::ARCHIVED);
  EXPECT_EQ(Call(&QueueApi::CancelTask, "task_id: 'busy'")->state(), v1::ACTIVE);
  EXPECT_EQ(Call(&QueueApi::RunTasks, "state: RETRY")->changed_count(), 2);
  EXPECT_TRUE(Call(&QueueApi::PauseQueue, "")->has_pause_time());
  EXPECT_TRUE(Call(&QueueApi::PauseQueue, "")->has_pause_time());
  const std::string queue = "queues/" + queue_;
  EXPECT_THAT(Trail(), ElementsAre(queue + "/tasks/1 11", queue + "/tasks/1 11", queue + "/tasks/1 10",
                                   queue + "/tasks/busy 11", queue + "/tasks 10", queue + " 11"))
      << "the second pause changed nothing";
}

TEST_F(ApiTest, WhatIsRefusedIsNotInTheTrail) {
  Put(State::kActive, "busy");
  EXPECT_EQ(status::Reason(Call(&QueueApi::RunTask, "task_id: 'none'").status()), "TASK_NOT_FOUND");
  EXPECT_EQ(status::Reason(Call(&QueueApi::RunTask, "task_id: 'busy'").status()), "TASK_STATE_CONFLICT");
  EXPECT_EQ(status::Reason(Call(&QueueApi::RunTasks, "state: ACTIVE").status()), "TASK_STATE_CONFLICT");
  EXPECT_EQ(FirstField(Call(&QueueApi::RunTasks, "state: RETRY max_count: 1001").status()), "max_count");
  EXPECT_EQ(FirstField(Call(&QueueApi::RunTasks, "state: TASK_STATE_UNSPECIFIED").status()), "state");
  EXPECT_EQ(Call(&QueueApi::DeleteTasks, "state: RETRY")->changed_count(), 0);
  EXPECT_FALSE(Call(&QueueApi::ResumeQueue, "")->has_pause_time());
  EXPECT_THAT(Trail(), IsEmpty());
}

TEST_F(ApiTest, APageTokenIsOfItsList) {
  for (const std::string id : {"1", "2", "3"}) Put(State::kRetry, id);
  const auto page = Call(&QueueApi::ListTasks, "state: RETRY page_size: 2");
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->tasks_size(), 2);
  const std::string token = " page_token: '" + page->next_page_token() + "'";
  const auto last = Call(&QueueApi::ListTasks, "state: RETRY page_size: 2" + token);
  ASSERT_EQ(last->tasks_size(), 1);
  EXPECT_EQ(last->tasks(0).task_id(), "3");
  EXPECT_EQ(last->next_page_token(), "");
  EXPECT_EQ(FirstField(Call(&QueueApi::ListTasks, "state: ARCHIVED" + token).status()), "page_token");
  EXPECT_EQ(FirstField(Call(&QueueApi::ListQueues, token).status()), "page_token");
  EXPECT_EQ(FirstField(Call(&QueueApi::ListTasks, "state: RETRY page_size: 1001").status()), "page_size");
}

TEST_F(ApiTest, ServersAreListedAPageAtATime) {
  std::vector<std::unique_ptr<task::Presence>> servers;
  for (const int pid : {30, 4, 200}) {
    const std::string id = fmt::format("{}-{}", queue_, pid);
    servers.push_back(std::make_unique<task::Presence>(redis_, clock_, fmt::format("h:{}:{}", pid, id)));
    ASSERT_TRUE(
        servers.back()
            ->Publish({.host = "h", .pid = pid, .server_id = id, .queues = {{queue_, 1}}, .status = "active"}, {})
            .ok());
  }
  std::vector<int> pids;
  std::string token;
  do {
    const auto page = Call(&QueueApi::ListServers, "page_size: 1 page_token: '" + token + "'");
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::Server& server : page->servers()) {
      if (server.queues().contains(queue_)) pids.push_back(server.pid());
    }
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_THAT(pids, ElementsAre(4, 30, 200));
  for (const auto& server : servers) EXPECT_TRUE(server->Clear().ok());
}

TEST_F(ApiTest, SchedulesAreListedTheNextOneFirst) {
  const std::string key = task::SchedulerKey("h:1:" + queue_);
  const absl::Time now = clock_.Now();
  const auto entry = [&](const std::string& id, absl::Time next) {
    return task::Encode(task::SchedulerEntry{.id = id, .spec = "@every 1m", .task_type = queue_, .next_at = next});
  };
  Ask({"ZADD", std::string(task::kSchedulersKey), std::to_string(absl::ToUnixSeconds(now) + 20), key});
  Ask({"LPUSH", key, entry("b", now + absl::Hours(1)), entry("c", now + absl::Hours(9)), entry("a", now)});
  const auto answer = Call(&QueueApi::ListSchedules, "");
  Ask({"DEL", key});
  ASSERT_TRUE(answer.ok()) << answer.status();
  std::vector<std::string> ids;
  for (const v1::Schedule& schedule : answer->schedules()) {
    if (schedule.type() == queue_) ids.push_back(schedule.schedule_id());
  }
  EXPECT_THAT(ids, ElementsAre("a", "b", "c"));
}

}  // namespace
}  // namespace smallbiznis::queue
