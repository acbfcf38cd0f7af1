#include "pkg/task/schedule/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/log/testing.h"
#include "pkg/status/status.h"
#include "pkg/task/schedule/leadership.h"
#include "pkg/task/schedule/records.h"
#include "pkg/task/testing.h"

namespace smallbiznis::task {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Schedulers of one name, that of the test's queue, on a clock that the test moves.
class SchedulerTest : public QueueTest {
 protected:
  ~SchedulerTest() override {
    for (const std::string& key : {LeaseKey(), MarksKey()}) Ask({"DEL", key});
    for (const std::string& id : ids_) Ask({"DEL", SchedulerHistoryKey(id)});
  }

  std::string LeaseKey() const { return "asynq:x:scheduler:{" + queue_ + "}"; }
  std::string MarksKey() const { return LeaseKey() + ":marks"; }

  Entry EveryMinute() const {
    return {.spec = "* * * * *",
            .task = {.type = "t", .payload = "p", .headers = {}},
            .options = {.queue = queue_, .max_retry = 3}};
  }
  std::unique_ptr<Scheduler> Create(redis::Client& redis, SchedulerOptions options = {}) {
    if (options.name == "default") options.name = queue_;
    if (options.lease == absl::Seconds(15)) options.lease = absl::Seconds(1);
    auto scheduler = Scheduler::Create({.redis = redis, .clock = fake_, .logger = log_.logger()}, std::move(options));
    EXPECT_TRUE(scheduler.ok()) << scheduler.status();
    return *std::move(scheduler);
  }
  std::string Register(Scheduler& scheduler, Entry entry) {
    const auto id = scheduler.Register(std::move(entry));
    EXPECT_TRUE(id.ok()) << id.status();
    ids_.insert(id.value_or(""));
    return id.value_or("");
  }
  std::unique_ptr<Scheduler> Start(redis::Client& redis, SchedulerOptions options = {}) {
    auto scheduler = Create(redis, std::move(options));
    Register(*scheduler, EveryMinute());
    scheduler->Start();
    return scheduler;
  }
  static bool Leads(const Scheduler& scheduler) {
    return Eventually([&] { return scheduler.IsLeading(); });
  }

  // Of schedulers that have entries for this queue.
  std::vector<std::vector<SchedulerEntry>> Published() {
    std::vector<std::vector<SchedulerEntry>> published;
    const redis::Reply keys = Ask({"ZRANGE", std::string(kSchedulersKey), "0", "-1"});
    const std::span<const redis::Reply> array = *keys.AsArray();
    for (const redis::Reply& key : array) {
      std::vector<SchedulerEntry> entries;
      const redis::Reply list = Ask({"LRANGE", std::string(*key.AsText()), "0", "-1"});
      const std::span<const redis::Reply> messages = *list.AsArray();
      for (const redis::Reply& bytes : messages) {
        const auto entry = DecodeSchedulerEntry(*bytes.AsText());
        EXPECT_TRUE(entry.ok()) << entry.status();
        if (ids_.contains(entry->id)) entries.push_back(*entry);
      }
      if (!entries.empty()) published.push_back(entries);
    }
    return published;
  }
  // Entries are published after a round has enqueued what was due.
  bool HasLooked() {
    return Eventually([&] { return !Published().empty(); });
  }
  int64_t Pending() { return Integer({"LLEN", StateKey(queue_, State::kPending)}); }
  bool Enqueued(int64_t count) {
    return Eventually([&] { return Pending() >= count; }) && Pending() == count;
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
  // Half a minute past a minute of now, so that what expires by it has not expired.
  clock::FakeClock fake_{absl::FromUnixSeconds(absl::ToUnixSeconds(clock_.Now()) / 60 * 60 + 30)};
  std::set<std::string> ids_;
};

TEST_F(SchedulerTest, EnqueuesATaskATick) {
  const auto scheduler = Start(redis_);
  ASSERT_TRUE(HasLooked());
  EXPECT_EQ(Pending(), 0);
  for (int ticks = 1; ticks <= 3; ++ticks) {
    fake_.Advance(absl::Minutes(1));
    ASSERT_TRUE(Enqueued(ticks)) << Pending();
  }
  const Message message = MessageOf(Text({"LINDEX", StateKey(queue_, State::kPending), "0"}));
  EXPECT_EQ(message.type, "t");
  EXPECT_EQ(message.payload, "p");
  EXPECT_EQ(message.max_retry, 3);
}

TEST_F(SchedulerTest, EntriesComeAndGoWhileItRuns) {
  const auto scheduler = Create(redis_);
  scheduler->Start();
  scheduler->Start();
  ASSERT_TRUE(Leads(*scheduler));
  const std::string id = Register(*scheduler, EveryMinute());
  ASSERT_TRUE(HasLooked());
  fake_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Enqueued(1));
  EXPECT_TRUE(scheduler->Unregister(id).ok());
  EXPECT_EQ(status::Reason(scheduler->Unregister(id)), "SCHEDULE_NOT_FOUND");
  ASSERT_TRUE(Eventually([&] { return Published().empty(); }));
  Entry other = EveryMinute();
  other.task.type = "u";
  Register(*scheduler, other);
  ASSERT_TRUE(HasLooked());
  fake_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Enqueued(2));
  EXPECT_EQ(MessageOf(Text({"LINDEX", StateKey(queue_, State::kPending), "0"})).type, "u");
}

TEST_F(SchedulerTest, WhatCannotBeIsRefused) {
  const auto scheduler = Create(redis_);
  Entry entry = EveryMinute();
  entry.spec = "every minute";
  EXPECT_EQ(status::Reason(scheduler->Register(entry).status()), "CRON_SPEC_INVALID");
  entry = EveryMinute();
  entry.options.queue = "a{b}";
  EXPECT_EQ(scheduler->Register(entry).status().code(), absl::StatusCode::kInvalidArgument);
  Register(*scheduler, EveryMinute());
  EXPECT_EQ(status::Reason(scheduler->Register(EveryMinute()).status()), "SCHEDULE_EXISTS");

  const SchedulerOptions options[] = {
      {.name = "a{b"}, {.lease = absl::Milliseconds(999)}, {.catch_up = {.window = absl::ZeroDuration()}}};
  for (const SchedulerOptions& bad : options) {
    EXPECT_EQ(Scheduler::Create({.redis = redis_, .clock = fake_, .logger = log_.logger()}, bad).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

// A Redis user that can be taken away: to others that looks as if its program had crashed.
class MortalUser {
 public:
  MortalUser(redis::Client& admin, redis::Options options, const std::string& name) : admin_(admin), name_(name) {
    Must(redis::Command("ACL").Arg("SETUSER").Arg(name).Arg("on").Arg(">secret").Arg("~*").Arg("&*").Arg("+@all"));
    options.username = name;
    options.password = "secret";
    options.command_timeout = absl::Milliseconds(300);
    redis_ = std::make_unique<redis::Client>(options);
  }
  ~MortalUser() { Kill(); }
  void Kill() { Must(redis::Command("ACL").Arg("DELUSER").Arg(name_)); }
  redis::Client& redis() { return *redis_; }

 private:
  void Must(const redis::Command& command) {
    const auto reply = admin_.Do(command);
    EXPECT_TRUE(reply.ok()) << reply.status();
  }
  redis::Client& admin_;
  const std::string name_;
  std::unique_ptr<redis::Client> redis_;
};

TEST_F(SchedulerTest, AnotherOneTakesOverFromOneThatCrashedAndNoTickIsLostOrDoubled) {
  SchedulerOptions options;
  options.catch_up.all = true;
  if (RedisOptions().kind == redis::Options::Kind::kCluster) GTEST_SKIP() << "a user is one node's";
  MortalUser user(redis_, RedisOptions(), queue_);
  auto first = Start(user.redis(), options);
  ASSERT_TRUE(Leads(*first));
  const auto second = Start(redis_, options);
  ASSERT_TRUE(HasLooked());
  int64_t ticks = 0;
  for (; ticks < 3; ++ticks) {
    fake_.Advance(absl::Minutes(1));
    ASSERT_TRUE(Enqueued(ticks + 1)) << Pending();
    EXPECT_FALSE(second->IsLeading());
  }
  user.Kill();
  first.reset();
  EXPECT_NE(Text({"GET", LeaseKey()}), "") << "it could not release its lease";
  for (int i = 0; i < 3; ++i, ++ticks) fake_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Leads(*second));
  ASSERT_TRUE(Enqueued(ticks)) << Pending();
  for (int i = 0; i < 2; ++i) {
    fake_.Advance(absl::Minutes(1));
    ASSERT_TRUE(Enqueued(++ticks)) << Pending();
  }
}

TEST_F(SchedulerTest, TwoThatBothBelieveToLeadEnqueueATickOnce) {
  const auto first = Start(redis_, {.lease = absl::Seconds(40)});
  ASSERT_TRUE(Leads(*first));
  ASSERT_TRUE(HasLooked());
  Ask({"DEL", LeaseKey()});  // as a failover of Redis does that had not copied it yet
  const auto second = Start(redis_, {.lease = absl::Seconds(40)});
  ASSERT_TRUE(Leads(*second));
  ASSERT_TRUE(first->IsLeading());
  fake_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Logged("another scheduler has enqueued this tick"));
  ASSERT_TRUE(first->IsLeading());
  EXPECT_EQ(Pending(), 1);
}

TEST_F(SchedulerTest, ALeaderThatLostItsLeaseLeadsNoMore) {
  const auto scheduler = Start(redis_, {.lease = absl::Seconds(2)});
  ASSERT_TRUE(HasLooked());
  Ask({"SET", LeaseKey(), "another's token"});
  ASSERT_TRUE(Eventually([&] { return !scheduler->IsLeading(); }));
  EXPECT_TRUE(Eventually([&] { return Published().empty(); })) << "only the leader publishes";
  fake_.Advance(absl::Minutes(1));
  Ask({"DEL", LeaseKey()});
  ASSERT_TRUE(Leads(*scheduler));
  EXPECT_TRUE(Enqueued(1)) << "it makes good what the other one left";
}

TEST_F(SchedulerTest, StoppingHandsOverAndTakesTheRecordsAway) {
  auto first = Start(redis_, {.lease = absl::Minutes(10)});
  ASSERT_TRUE(HasLooked());
  fake_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Enqueued(1));
  const std::string history = SchedulerHistoryKey(*ids_.begin());
  ASSERT_TRUE(Eventually([&] { return Integer({"EXISTS", history}) == 1; }));
  first->Stop();
  first->Stop();
  EXPECT_FALSE(first->IsLeading());
  EXPECT_THAT(Published(), IsEmpty());
  EXPECT_EQ(Integer({"EXISTS", history}) + Integer({"EXISTS", LeaseKey()}), 0);
  const auto second = Start(redis_, {.lease = absl::Minutes(10)});
  ASSERT_TRUE(Leads(*second));
  EXPECT_EQ(Integer({"HLEN", MarksKey()}), 1);
}

TEST_F(SchedulerTest, OneThatStandsByTakesNothingAwayWhenItStops) {
  const auto leader = Start(redis_);
  ASSERT_TRUE(HasLooked());
  fake_.Advance(absl::Minutes(1));
  const std::string history = SchedulerHistoryKey(*ids_.begin());
  ASSERT_TRUE(Eventually([&] { return Integer({"EXISTS", history}) == 1; }));
  const auto other = Start(redis_);
  // The lease is renewed once more: the other one has asked for it meanwhile.
  int64_t left = Integer({"PTTL", LeaseKey()});
  ASSERT_TRUE(Eventually([&] {
    const int64_t before = std::exchange(left, Integer({"PTTL", LeaseKey()}));
    return left > before;
  }));
  other->Stop();
  EXPECT_EQ(Integer({"EXISTS", history}) + Integer({"EXISTS", LeaseKey()}), 2);
  EXPECT_THAT(Published(), SizeIs(1));
}

TEST_F(SchedulerTest, ALeaseIsRenewedReleasedAndWrittenUnderByItsHolderOnly) {
  Leadership first(redis_, queue_, absl::Minutes(1)), second(redis_, queue_, absl::Minutes(1));
  const Plan::Marks marks = {{"e", absl::FromUnixSeconds(60)}}, others = {{"e", absl::FromUnixSeconds(120)}};
  EXPECT_EQ(*first.Hold(), Leadership::Held::kNewly);
  EXPECT_EQ(*first.Hold(), Leadership::Held::kYes);
  EXPECT_EQ(*second.Hold(), Leadership::Held::kNo);
  EXPECT_FALSE(second.IsHeld());
  EXPECT_TRUE(first.WriteMarks(marks).ok());
  EXPECT_TRUE(second.WriteMarks(others).ok());
  EXPECT_EQ(*second.ReadMarks(), marks);
  EXPECT_TRUE(second.Release().ok());
  EXPECT_EQ(*second.Hold(), Leadership::Held::kNo);
  EXPECT_TRUE(first.Release().ok());
  EXPECT_FALSE(first.IsHeld());
  EXPECT_EQ(*second.Hold(), Leadership::Held::kNewly);
  EXPECT_TRUE(second.ForgetMarks({"e"}).ok());
  EXPECT_EQ(*second.ReadMarks(), Plan::Marks());
}

TEST_F(SchedulerTest, MakesGoodWhatNobodyEnqueued) {
  struct Row {
    const char* what;
    CatchUp catch_up;
    int minutes_away;
    bool forgotten;
    int64_t enqueued;
  };
  const Row rows[] = {{"the latest once", {}, 3, false, 1},
                      {"all of them", {.window = absl::Minutes(5), .all = true}, 3, false, 3},
                      {"those of the window", {.window = absl::Minutes(5), .all = true}, 9, false, 5},
                      {"the latest of the window", {}, 9, false, 1},
                      {"nothing of an entry that was not there", {}, 3, true, 0}};
  for (const Row& row : rows) {
    SchedulerOptions options;
    options.catch_up = row.catch_up;
    auto before = Start(redis_, options);
    ASSERT_TRUE(HasLooked());
    before.reset();
    if (row.forgotten) Ask({"DEL", MarksKey()});
    fake_.Advance(absl::Minutes(row.minutes_away));
    const auto after = Start(redis_, options);
    ASSERT_TRUE(HasLooked());
    EXPECT_EQ(Pending(), row.enqueued) << row.what;
    for (const std::string& key : FullQueueKeys()) Ask({"DEL", key});
  }
}

// As after a crash between the two: the task is there, and nobody has said so.
TEST_F(SchedulerTest, ATickWhoseMarkWasNotKeptIsNotEnqueuedAgain) {
  auto first = Start(redis_);
  ASSERT_TRUE(HasLooked());
  const std::string mark = Text({"HGET", MarksKey(), *ids_.begin()});
  fake_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Enqueued(1));
  first.reset();
  Ask({"HSET", MarksKey(), *ids_.begin(), mark});
  const auto second = Start(redis_);
  ASSERT_TRUE(HasLooked());
  EXPECT_TRUE(Logged("another scheduler has enqueued this tick"));
  EXPECT_EQ(Pending(), 1);
  fake_.Advance(absl::Minutes(1));
  EXPECT_TRUE(Enqueued(2));
}

TEST_F(SchedulerTest, ATaskThatIsRefusedIsLeftOutThisTime) {
  const auto scheduler = Create(redis_);
  Entry entry = EveryMinute();
  entry.options.unique_for = absl::Hours(1);
  Register(*scheduler, entry);
  scheduler->Start();
  ASSERT_TRUE(HasLooked());
  fake_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Enqueued(1));
  fake_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Logged("task already exists"));
  Ask({"DEL", UniqueKey(queue_, "t", "p")});
  fake_.Advance(absl::Minutes(1));
  EXPECT_TRUE(Enqueued(2)) << Pending();
}

TEST_F(SchedulerTest, SaysWhatItsEntriesAreAndWhatItEnqueued) {
  const auto scheduler = Start(redis_);
  ASSERT_TRUE(HasLooked());
  const absl::Time minute = fake_.Now() + absl::Seconds(30);
  SchedulerEntry entry = Published()[0][0];
  EXPECT_EQ(entry.spec, "* * * * *");
  EXPECT_EQ(entry.task_type, "t");
  EXPECT_EQ(entry.task_payload, "p");
  EXPECT_THAT(entry.options, ElementsAre("MaxRetry(3)", "Queue(\"" + queue_ + "\")"));
  EXPECT_EQ(entry.next_at, minute);
  EXPECT_EQ(entry.previous_at, std::nullopt);
  fake_.Advance(absl::Seconds(30));
  ASSERT_TRUE(Enqueued(1));
  ASSERT_TRUE(Eventually([&] { return Published()[0][0].previous_at == minute; }));
  EXPECT_EQ(Published()[0][0].next_at, minute + absl::Minutes(1));

  const std::string history = SchedulerHistoryKey(entry.id);
  const redis::Reply events = Ask({"ZRANGE", history, "0", "-1"});
  ASSERT_EQ(events.AsArray()->size(), 1U);
  const auto event = DecodeEnqueueEvent(*(*events.AsArray())[0].AsText());
  EXPECT_EQ(event->task_id, Text({"LINDEX", StateKey(queue_, State::kPending), "0"}));
  EXPECT_EQ(event->at, minute);
  EXPECT_GT(Integer({"TTL", history}), 0) << "asynq leaves it behind when it crashes";
  EXPECT_GT(Integer({"TTL", MarksKey()}), 0);
}

TEST_F(SchedulerTest, AHistoryHasAThousandEvents) {
  Records records(redis_, fake_, "test");
  std::vector<Records::Event> events;
  for (int i = 0; i < 1005; ++i) {
    events.emplace_back(queue_, EnqueueEvent{.task_id = std::to_string(i), .at = fake_.Now() + absl::Seconds(i)});
  }
  ids_.insert(queue_);
  ASSERT_TRUE(records.Record(events).ok());
  EXPECT_EQ(Integer({"ZCARD", SchedulerHistoryKey(queue_)}), 1000);
  const redis::Reply oldest = Ask({"ZRANGE", SchedulerHistoryKey(queue_), "0", "0"});
  EXPECT_EQ(DecodeEnqueueEvent(*(*oldest.AsArray())[0].AsText())->task_id, "5");
}

}  // namespace
}  // namespace smallbiznis::task
