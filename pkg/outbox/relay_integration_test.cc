#include "pkg/outbox/relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "pkg/log/testing.h"
#include "pkg/outbox/delivery.h"
#include "pkg/outbox/migrations.h"
#include "pkg/outbox/outbox.h"
#include "pkg/status/status.h"
#include "pkg/task/server/retry.h"
#include "pkg/task/testing.h"

namespace smallbiznis::outbox {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const TenantId kTenant(7);

class RelayTest : public task::QueueTest {
 protected:
  static void SetUpTestSuite() {
    database_ = new db::TestDatabase(db::JoinMigrations(db::kMigrations, outbox::kMigrations));
  }
  static void TearDownTestSuite() { delete database_; }
  void SetUp() override { database_->Execute("truncate outbox.messages"); }
  void TearDown() override { Ask({"DEL", "asynq:x:outbox:memory"}); }

  absl::Status Run(const std::function<absl::Status(db::Tx&)>& work) {
    return db::Transact(*pool_, {.scope = db::Scope::Platform()}, work);
  }
  void Add(const std::string& topic, const std::string& key, const std::string& payload = "{}") {
    ASSERT_TRUE(Run([&](db::Tx& tx) {
                  outbox_.Add(tx,
                              {{.tenant = kTenant, .topic = topic, .key = key, .payload = payload, .queue = queue_}});
                  return absl::OkStatus();
                }).ok());
  }
  std::unique_ptr<Relay> Start() {
    auto relay = std::make_unique<Relay>(Relay::Parts{.pool = *pool_,
                                                      .database = database_->app(),
                                                      .redis = redis_,
                                                      .tasks = client_,
                                                      .clock = clock_,
                                                      .logger = log_.logger(),
                                                      .metrics = metrics_});
    relay->Start();
    return relay;
  }
  // The oldest first.
  std::vector<std::string> PendingTypes() {
    std::vector<std::string> types;
    const redis::Reply ids = Ask({"LRANGE", task::StateKey(queue_, task::State::kPending), "0", "-1"});
    const std::span<const redis::Reply> array = *ids.AsArray();
    for (const redis::Reply& id : array) types.insert(types.begin(), MessageOf(*id.AsText()).type);
    return types;
  }
  bool AllPublished() {
    return task::Eventually([&] {
      return database_->Value(
                 "select count(*) from outbox.messages where published_at is null and parked_at is null") == "0";
    });
  }

  static inline db::TestDatabase* database_ = nullptr;
  snowflake::Generator ids_{clock_, 1};
  const Outbox outbox_{ids_, clock_};
  std::unique_ptr<db::Pool> pool_ = database_->OpenPool();
  log::CapturedLog log_;
  telemetry::Metrics metrics_{{.version = "test", .revision = ""}};
};

TEST_F(RelayTest, PublishesWhatIsDueInTheOrderOfItsKeyAndWhatComesLater) {
  for (const char* topic : {"one", "two", "three"}) Add(topic, "k");
  const auto relay = Start();
  ASSERT_TRUE(AllPublished());
  Add("four", "k");
  ASSERT_TRUE(AllPublished());
  EXPECT_THAT(PendingTypes(), ElementsAre("one", "two", "three", "four"));
}

TEST_F(RelayTest, TheTaskCarriesWhoseItIsAndTheTraceOfItsCall) {
  ASSERT_TRUE(Run([&](db::Tx& tx) {
                outbox_.Add(tx, {{.tenant = kTenant,
                                  .topic = "t",
                                  .key = "k",
                                  .payload = R"({"n": 1})",
                                  .queue = queue_,
                                  .traceparent = "00-trace"}});
                return absl::OkStatus();
              }).ok());
  const auto relay = Start();
  ASSERT_TRUE(AllPublished());
  const std::string id = database_->Value("select id from outbox.messages");
  const task::Message message = MessageOf(id);
  EXPECT_EQ(message.payload, R"({"n": 1})");
  EXPECT_EQ(message.headers.at("traceparent"), "00-trace");
  const auto reference = Reference::From(message.headers);
  ASSERT_TRUE(reference.has_value());
  EXPECT_EQ(reference->tenant, kTenant);
  EXPECT_EQ(std::to_string(reference->id), id);
}

TEST_F(RelayTest, ALaterMessageWaitsForAnEarlierOneOfItsKeyThatAnotherRelayHolds) {
  for (const char* topic : {"held", "waits", "free"}) Add(topic, std::string(topic) == "free" ? "other" : "k");
  auto held = pool_->Begin({.scope = db::Scope::Platform()});
  ASSERT_TRUE(held.ok());
  const auto first = Store().ClaimDue(**held, 1);
  ASSERT_TRUE(first.ok() && first->size() == 1 && (*first)[0].topic == "held");
  const auto relay = Start();
  ASSERT_TRUE(task::Eventually([&] { return PendingTypes().size() == 1; }));
  EXPECT_THAT(PendingTypes(), ElementsAre("free"));
  held->reset();  // rolled back
  ASSERT_TRUE(AllPublished());
  EXPECT_THAT(PendingTypes(), ElementsAre("free", "held", "waits"));
}

TEST_F(RelayTest, AMessageThatCannotBePublishedIsParkedAndRunAgainByHand) {
  Add("big", "k", '"' + std::string((1 << 20) + 1, 'x') + '"');
  Add("next", "k");
  const auto relay = Start();
  ASSERT_TRUE(AllPublished());
  EXPECT_THAT(PendingTypes(), ElementsAre("next"));
  std::vector<Parked> parked;
  ASSERT_TRUE(Run([&](db::Tx& tx) -> absl::Status {
                ASSIGN_OR_RETURN(parked, Store().ListParked(tx, 0, 10));
                return absl::OkStatus();
              }).ok());
  ASSERT_EQ(parked.size(), 1U);
  EXPECT_THAT(parked[0].error, HasSubstr("payload"));
  database_->Execute("update outbox.messages set payload = '{}' where parked_at is not null");
  const auto run_again = [&](db::Tx& tx) { return Store().RunAgain(tx, kTenant, parked[0].id).status(); };
  ASSERT_TRUE(Run(run_again).ok());
  EXPECT_EQ(status::Reason(Run(run_again)), "OUTBOX_MESSAGE_NOT_PARKED");
  ASSERT_TRUE(AllPublished());
  EXPECT_THAT(PendingTypes(), ElementsAre("next", "big"));
  EXPECT_EQ(StateOf(std::to_string(parked[0].id) + ".1"), "pending") << "as a new task";
}

TEST_F(RelayTest, WhatRedisHasForgottenIsPublishedAgainUnlessItIsDone) {
  for (const char* topic : {"open", "done"}) Add(topic, topic);
  const auto relay = Start();
  ASSERT_TRUE(AllPublished());
  database_->Execute("update outbox.messages set done_at = now() where topic = 'done'");
  for (const std::string& key : FullQueueKeys()) Ask({"DEL", key});
  Ask({"DEL", "asynq:x:outbox:memory"});
  ASSERT_TRUE(task::Eventually([&] { return !PendingTypes().empty(); }));
  EXPECT_THAT(PendingTypes(), ElementsAre("open"));
}

class DeliveryTest : public RelayTest {
 protected:
  // A task as the relay makes it, on which `max_retry - retried` retries are left.
  std::unique_ptr<task::Attempt> MakeAttempt(int retried = 0, int max_retry = 25, TenantId tenant = kTenant) {
    task::Message message;
    message.id = "task";
    message.queue = queue_;
    message.retried = retried;
    message.max_retry = max_retry;
    int64_t id = 1;
    (void)absl::SimpleAtoi(database_->Value("select id from outbox.messages"), &id);
    message.headers = Reference{.tenant = tenant, .id = id}.ToHeaders();
    return std::make_unique<task::Attempt>(task::Attempt::Start{.message = std::move(message),
                                                                .owner = "owner",
                                                                .sequence = 1,
                                                                .started_at = clock_.Now(),
                                                                .deadline = clock_.Now() + absl::Minutes(1),
                                                                .lease_end = clock_.Now() + absl::Minutes(1)},
                                           consumer_);
  }
  std::string Column(const std::string& expression) {
    return database_->Value("select (" + expression + ")::text from outbox.messages");
  }

  task::Consumer consumer_{redis_, clock_};
  const Delivery delivery_{*pool_, clock_};
  int effects_ = 0;
  const task::Handler counting_ = delivery_.Once([this](db::Tx&, TenantId tenant, const task::Attempt&) {
    EXPECT_EQ(tenant, kTenant);
    ++effects_;
    return absl::OkStatus();
  });
  const task::Handler failing_ = delivery_.Once(
      [](db::Tx&, TenantId, const task::Attempt&) { return absl::UnavailableError("the printer is off"); });
};

TEST_F(DeliveryTest, TheEffectHappensOnceHoweverOftenTheTaskComes) {
  Add("t", "k");
  EXPECT_TRUE(counting_(*MakeAttempt()).ok());
  EXPECT_TRUE(counting_(*MakeAttempt()).ok());
  EXPECT_EQ(effects_, 1);
  EXPECT_EQ(Column("done_at is not null"), "true");
}

TEST_F(DeliveryTest, AnEffectThatFailsIsRolledBackAndTheMessageStaysOpen) {
  Add("t", "k");
  const task::Handler writes = delivery_.Once([this](db::Tx& tx, TenantId tenant, const task::Attempt&) {
    outbox_.Add(tx, {{.tenant = tenant, .topic = "half", .key = "k", .payload = "{}"}});
    EXPECT_TRUE(tx.Flush().ok());
    return absl::UnavailableError("the printer is off");
  });
  EXPECT_EQ(writes(*MakeAttempt()).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(database_->Value("select count(*) from outbox.messages"), "1");
  EXPECT_EQ(Column("done_at is null and parked_at is null"), "true");
  EXPECT_TRUE(counting_(*MakeAttempt()).ok());
  EXPECT_EQ(effects_, 1);
}

TEST_F(DeliveryTest, AfterTheLastAttemptTheMessageIsParkedAndNotWorkedOnAgain) {
  Add("t", "k");
  EXPECT_FALSE(failing_(*MakeAttempt(/*retried=*/25)).ok());
  EXPECT_EQ(Column("parked_at is not null"), "true");
  EXPECT_EQ(Column("last_error"), "the printer is off");
  EXPECT_TRUE(counting_(*MakeAttempt()).ok());
  EXPECT_EQ(effects_, 0);
}

TEST_F(DeliveryTest, AMessageOfThePlatformItselfIsDeliveredAndParkedAsAnyOther) {
  const auto add = [&](const std::string& key) {
    ASSERT_TRUE(Run([&](db::Tx& tx) {
                  outbox_.Add(tx, {{.tenant = TenantId(), .topic = "t", .key = key, .payload = "{}"}});
                  return absl::OkStatus();
                }).ok());
  };
  const task::Handler delivered = delivery_.Once([this](db::Tx&, TenantId tenant, const task::Attempt&) {
    EXPECT_EQ(tenant, TenantId());
    ++effects_;
    return absl::OkStatus();
  });
  add("1");
  EXPECT_TRUE(delivered(*MakeAttempt(0, 25, TenantId())).ok());
  EXPECT_TRUE(delivered(*MakeAttempt(0, 25, TenantId())).ok());
  EXPECT_EQ(effects_, 1);
  EXPECT_EQ(Column("done_at is not null"), "true");
  database_->Execute("truncate outbox.messages");
  add("2");
  EXPECT_FALSE(failing_(*MakeAttempt(25, 25, TenantId())).ok());
  EXPECT_EQ(Column("parked_at is not null"), "true");
}

TEST_F(DeliveryTest, ATaskOfAnotherDatabaseFailsInsteadOfPassingForDone) {
  EXPECT_EQ(status::Reason(counting_(*MakeAttempt())), "OUTBOX_MESSAGE_NOT_FOUND");
  task::Attempt foreign({.message = {}}, consumer_);
  EXPECT_TRUE(task::IsSkipRetry(counting_(foreign)));
  EXPECT_EQ(effects_, 0);
}

}  // namespace
}  // namespace smallbiznis::outbox
