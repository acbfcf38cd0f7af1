#include <gmock/gmock.h>

#include "pkg/task/broker/presence.h"
#include "pkg/task/inspect/testing.h"

namespace smallbiznis::task {
namespace {

class ProgramsTest : public InspectTest {
 protected:
  std::string Now(int more_seconds) const { return std::to_string(absl::ToUnixSeconds(clock_.Now()) + more_seconds); }
  std::vector<LiveServer> MyServers() {
    std::vector<LiveServer> mine;
    const auto servers = inspector_.ListServers();
    EXPECT_TRUE(servers.ok()) << servers.status();
    for (const LiveServer& server : *servers) {
      if (server.info.queues.contains(queue_)) mine.push_back(server);
    }
    return mine;
  }
};

TEST_F(ProgramsTest, ListsServersWithTheirWorkers) {
  const absl::Time started = absl::FromUnixSeconds(1700000000);
  const auto server = [&](int pid) {
    return ServerInfo{.host = "h",
                      .pid = pid,
                      .server_id = queue_ + std::to_string(pid),
                      .concurrency = 3,
                      .queues = {{queue_, 2}},
                      .strict_priority = true,
                      .status = "active",
                      .started_at = started,
                      .active_workers = 1};
  };
  const auto worker = [&](const std::string& id, int after) {
    return WorkerInfo{.host = "h",
                      .pid = 1,
                      .server_id = queue_ + "1",
                      .task_id = id,
                      .task_type = "t",
                      .task_payload = "p",
                      .queue = queue_,
                      .started_at = started + absl::Seconds(after),
                      .deadline = started + absl::Hours(1)};
  };
  Presence second(redis_, clock_, "h:2:" + queue_);
  Presence first(redis_, clock_, "h:1:" + queue_);
  ASSERT_TRUE(second.Publish(server(2), {}).ok());
  ASSERT_TRUE(first.Publish(server(1), std::vector{worker("late", 2), worker("early", 1)}).ok());

  const std::vector<LiveServer> servers = MyServers();
  ASSERT_EQ(servers.size(), 2U);
  EXPECT_EQ(servers[0].info.pid, 1);
  EXPECT_EQ(servers[0].info.queues.at(queue_), 2);
  EXPECT_EQ(servers[0].info.started_at, started);
  ASSERT_EQ(servers[0].workers.size(), 2U);
  EXPECT_EQ(servers[0].workers[0].task_id, "early");
  EXPECT_EQ(servers[0].workers[1].task_id, "late");
  EXPECT_TRUE(servers[1].workers.empty());
  EXPECT_TRUE(first.Clear().ok());
  EXPECT_TRUE(second.Clear().ok());
  EXPECT_TRUE(MyServers().empty());
}

TEST_F(ProgramsTest, AProgramThatIsGoneIsForgotten) {
  const std::string dead = ServerKey("h:1:dead-" + queue_);
  const std::string unreadable = ServerKey("h:1:unreadable-" + queue_);
  Ask({"ZADD", std::string(kServersKey), Now(-60), dead, Now(60), unreadable});
  Ask({"SET", unreadable, "\xff\xff", "EX", "60"});
  EXPECT_TRUE(MyServers().empty());
  EXPECT_EQ(Text({"ZSCORE", std::string(kServersKey), dead}), "");
  EXPECT_NE(Text({"ZSCORE", std::string(kServersKey), unreadable}), "");
  Ask({"ZREM", std::string(kServersKey), unreadable});
  Ask({"DEL", unreadable});
}

TEST_F(ProgramsTest, ListsSchedulesAndWhatTheyDid) {
  const std::string scheduler = "h:1:" + queue_;
  const std::string key = SchedulerKey(scheduler);
  const absl::Time at = absl::FromUnixSeconds(1700000000);
  const auto entry = [&](const std::string& id, absl::Time next) {
    return Encode(SchedulerEntry{.id = queue_ + id,
                                 .spec = "@every 1m",
                                 .task_type = "t",
                                 .task_payload = "p",
                                 .options = {"MaxRetry(3)"},
                                 .next_at = next,
                                 .previous_at = std::nullopt});
  };
  Ask({"ZADD", std::string(kSchedulersKey), Now(20), key});
  Ask({"LPUSH", key, entry("later", at + absl::Hours(1)), entry("sooner", at)});
  for (int i = 0; i < 3; ++i) {
    const EnqueueEvent event{.task_id = std::to_string(i), .at = at + absl::Seconds(i)};
    Ask({"ZADD", SchedulerHistoryKey(queue_ + "sooner"), std::to_string(1700000000 + i), Encode(event)});
  }

  const auto all = inspector_.ListSchedules();
  ASSERT_TRUE(all.ok()) << all.status();
  std::vector<Schedule> mine;
  for (const Schedule& schedule : *all) {
    if (schedule.scheduler_id == scheduler) mine.push_back(schedule);
  }
  ASSERT_EQ(mine.size(), 2U);
  EXPECT_EQ(mine[0].entry.id, queue_ + "sooner");
  EXPECT_EQ(mine[1].entry.id, queue_ + "later");
  EXPECT_FALSE(mine[0].entry.previous_at.has_value());

  const auto events = inspector_.ListScheduleEvents(queue_ + "sooner", {.skip = 1, .most = 30});
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 2U);
  EXPECT_EQ((*events)[0].task_id, "1");
  EXPECT_EQ((*events)[1].task_id, "0");
  Ask({"ZREM", std::string(kSchedulersKey), key});
  for (const std::string& used : {key, SchedulerHistoryKey(queue_ + "sooner")}) Ask({"DEL", used});
}

}  // namespace
}  // namespace smallbiznis::task
