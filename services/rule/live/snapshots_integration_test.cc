// What a process has of tenants' rules, against a real PostgreSQL.
#include "services/rule/live/snapshots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <thread>
#include <utility>

#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "pkg/log/testing.h"
#include "pkg/status/status.h"
#include "services/rule/catalogue/rules.h"
#include "services/rule/engine/testing.h"
#include "services/rule/migrations.h"

namespace smallbiznis::rule {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SnapshotsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { database_ = new db::TestDatabase(db::JoinMigrations(db::kMigrations, kMigrations)); }
  static void TearDownTestSuite() { delete database_; }

  std::unique_ptr<Snapshots> Make() {
    return std::make_unique<Snapshots>(
        Snapshots::Parts{.pool = *pool_, .clock = clock_, .logger = log_.logger(), .metrics = metrics_});
  }
  absl::Status Run(TenantId tenant, const std::function<absl::Status(db::Tx&)>& work) {
    return db::Transact(*pool_, {.scope = db::Scope::Tenant(tenant)}, work);
  }
  RuleId Activate(TenantId tenant, Content content) {
    Rule rule;
    EXPECT_TRUE(Run(tenant, [&](db::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(rule, rules_.Create(tx, tenant, std::move(content)));
                  return rules_.Move(tx, tenant, rule.id, State::kActive).status();
                }).ok());
    return rule.id;
  }
  static TenantId NewTenant() { return TenantId(++last_tenant_); }

  static std::vector<RuleId> Ids(const absl::StatusOr<std::shared_ptr<const TenantRules>>& rules,
                                 std::string_view trigger = "PURCHASE") {
    EXPECT_TRUE(rules.ok()) << rules.status();
    std::vector<RuleId> ids;
    for (const RulePtr& rule : (*rules)->Find(trigger)->rules()) ids.push_back(rule->id);
    return ids;
  }
  static constexpr absl::Time kNever = absl::InfiniteFuture();

  static inline db::TestDatabase* database_ = nullptr;
  static inline int64_t last_tenant_ = 100;
  const clock::SystemClock clock_;
  snowflake::Generator ids_{clock_, 1};
  const Rules rules_{ids_, clock_};
  log::CapturedLog log_;
  telemetry::Metrics metrics_{{.version = "test", .revision = ""}};
  std::unique_ptr<db::Pool> pool_ = database_->OpenPool();
};

TEST_F(SnapshotsTest, TwoTenantsFirstLoadsAtTheSameMomentBothGetTheirRules) {
  const TenantId first = NewTenant(), second = NewTenant();
  const RuleId of_first = Activate(first, Draft("sub_total > 1"));
  const RuleId of_second = Activate(second, Draft("sub_total > 2"));
  for (int round = 0; round < 20; ++round) {
    const auto snapshots = Make();
    snapshots->OnListening();
    std::mutex mutex;
    std::condition_variable begin;
    bool go = false;
    std::vector<std::thread> threads;
    std::vector<std::vector<RuleId>> seen(8);
    for (size_t i = 0; i < seen.size(); ++i) {
      threads.emplace_back([&, i] {
        {
          std::unique_lock lock(mutex);
          begin.wait(lock, [&] { return go; });
        }
        seen[i] = Ids(snapshots->Of(i % 2 == 0 ? first : second, kNever));
      });
    }
    {
      const std::lock_guard lock(mutex);
      go = true;
    }
    begin.notify_all();
    for (std::thread& thread : threads) thread.join();
    for (size_t i = 0; i < seen.size(); ++i) EXPECT_THAT(seen[i], ElementsAre(i % 2 == 0 ? of_first : of_second));
  }
}

TEST_F(SnapshotsTest, WhatIsFreshIsNotReadAgainAndNewsMakesItStale) {
  const TenantId tenant = NewTenant();
  const auto snapshots = Make();
  snapshots->OnListening();
  EXPECT_THAT(Ids(snapshots->Of(tenant, kNever)), IsEmpty());
  const RuleId rule = Activate(tenant, Draft("true"));
  EXPECT_THAT(Ids(snapshots->Of(tenant, kNever)), IsEmpty());  // nobody has told it
  snapshots->OnNotify((NewTenant()).ToString());
  EXPECT_THAT(Ids(snapshots->Of(tenant, kNever)), IsEmpty());
  snapshots->OnNotify(tenant.ToString());
  EXPECT_THAT(Ids(snapshots->Of(tenant, kNever)), ElementsAre(rule));
  const auto held = *snapshots->Of(tenant, kNever);
  EXPECT_EQ(*snapshots->Of(tenant, kNever), held);
}

// Lets something happen in the middle of a load, which asks for the time when it begins.
class InterruptingClock final : public clock::Clock {
 public:
  absl::Time Now() const override {
    if (const auto interrupt = std::exchange(interrupt_, nullptr)) interrupt();
    return system_.Now();
  }
  void Interrupt(std::function<void()> interrupt) { interrupt_ = std::move(interrupt); }

 private:
  const clock::SystemClock system_;
  mutable std::function<void()> interrupt_;
};

TEST_F(SnapshotsTest, NewsThatComesDuringALoadIsNotLost) {
  const TenantId tenant = NewTenant();
  InterruptingClock clock;
  Snapshots snapshots({.pool = *pool_, .clock = clock, .logger = log_.logger(), .metrics = metrics_});
  snapshots.OnListening();
  clock.Interrupt([&] { snapshots.OnNotify(tenant.ToString()); });
  EXPECT_THAT(Ids(snapshots.Of(tenant, kNever)), IsEmpty());
  const RuleId rule = Activate(tenant, Draft("true"));  // what the news was of, if it was committed a moment later
  EXPECT_THAT(Ids(snapshots.Of(tenant, kNever)), ElementsAre(rule));
}

TEST_F(SnapshotsTest, WithoutAListenerEveryQuestionIsOfNow) {
  const TenantId tenant = NewTenant();
  const auto snapshots = Make();
  EXPECT_THAT(Ids(snapshots->Of(tenant, kNever)), IsEmpty());
  const RuleId rule = Activate(tenant, Draft("true"));
  EXPECT_THAT(Ids(snapshots->Of(tenant, kNever)), ElementsAre(rule));
  snapshots->OnListening();
  EXPECT_THAT(Ids(snapshots->Of(tenant, kNever)), ElementsAre(rule));
  snapshots->OnLost();
  const RuleId second = Activate(tenant, Draft("false"));
  EXPECT_THAT(Ids(snapshots->Of(tenant, kNever)), ElementsAre(rule, second));
}

TEST_F(SnapshotsTest, OnlyWhatHasChangedIsCompiledAgain) {
  const TenantId tenant = NewTenant();
  const auto snapshots = Make();
  const RuleId kept = Activate(tenant, Draft("true", 1));
  const RuleId changed = Activate(tenant, Draft("true", 2));
  const RuleId gone = Activate(tenant, Draft("true", 3));
  const auto before = *snapshots->Of(tenant, kNever);
  ASSERT_TRUE(
      Run(tenant, [&](db::Tx& tx) -> absl::Status {
        RETURN_IF_ERROR(rules_.Delete(tx, tenant, gone).status());
        return rules_.Update(tx, tenant, changed, 1, [](Content& content) { content.condition = "false"; }).status();
      }).ok());
  const auto after = *snapshots->Of(tenant, kNever);
  EXPECT_THAT(Ids(after), ElementsAre(changed, kept));
  EXPECT_EQ(after->Find("PURCHASE")->rules()[1], before->Find("PURCHASE")->rules()[2]);  // the same object
  EXPECT_EQ(after->Find("PURCHASE")->rules()[0]->version, 2);
  EXPECT_THAT(Ids(before), ElementsAre(gone, changed, kept));
}

TEST_F(SnapshotsTest, AChangedTriggerIsANewSchemaForItsRules) {
  const TenantId tenant = NewTenant();
  const auto snapshots = Make();
  ASSERT_TRUE(
      Run(tenant, [&](db::Tx& tx) {
        return rules_.CreateTrigger(tx, tenant, {.name = "VISIT", .attributes = {{"n", "int", "", true}}}).status();
      }).ok());
  Content content = Draft("n > 1");
  content.trigger = "VISIT";
  const RuleId rule = Activate(tenant, content);
  EXPECT_THAT(Ids(snapshots->Of(tenant, kNever), "VISIT"), ElementsAre(rule));
  ASSERT_TRUE(Run(tenant, [&](db::Tx& tx) {
                return rules_
                    .UpdateTrigger(tx, tenant, "VISIT",
                                   [](Trigger& trigger) {
                                     trigger.attributes.push_back({"m", "int", "", false});
                                   })
                    .status();
              }).ok());
  const auto after = *snapshots->Of(tenant, kNever);
  EXPECT_THAT(Ids(after, "VISIT"), ElementsAre(rule));
  EXPECT_EQ(after->Find("VISIT")->schema()->fields().size(), 2u);
  EXPECT_EQ(after->Find("VISIT")->rules()[0]->schema, after->Find("VISIT")->schema());
  EXPECT_EQ(after->Find("NOTHING"), nullptr);
}

// Two rules that are only ever changed together: a reader that saw one of them changed and the other not would see the
// context match one of them only.
TEST_F(SnapshotsTest, NoQuestionSeesAHalfOfAChange) {
  constexpr int kChanges = 150;
  const TenantId tenant = NewTenant();
  const RuleId one = Activate(tenant, Draft("sub_total >= 0"));
  const RuleId other = Activate(tenant, Draft("sub_total >= 0"));
  const auto snapshots = Make();
  snapshots->Start(database_->app());
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0, backwards = 0, asked = 0, up_to_date = 0;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 4; ++reader) {
    readers.emplace_back([&, reader] {
      int64_t changes = 0;
      int32_t version = 0;
      int late = 0;  // questions since the last change, of which the reader is to hear
      for (int64_t sub_total = reader; !done || (version < kChanges + 1 && late < 1'000'000);
           sub_total = (sub_total + 7) % kChanges) {
        if (done) ++late;
        const auto rules = snapshots->Of(tenant, kNever);
        if (!rules.ok()) continue;
        if ((*rules)->changes < changes) ++backwards;
        changes = (*rules)->changes;
        const Input input(Purchase(sub_total));
        const auto set = (*rules)->Find("PURCHASE");
        const Batch batch = set->Evaluate(input.activation, {.time = input.time});
        version = set->rules()[0]->version;
        if (batch.matched == 1 || version != set->rules()[1]->version) ++torn;
        ++asked;
      }
      if (version == kChanges + 1) ++up_to_date;
    });
  }
  for (int change = 1; change <= kChanges; ++change) {
    const auto to = [&](Content& content) { content.condition = "sub_total >= " + std::to_string(change); };
    EXPECT_TRUE(Run(tenant, [&](db::Tx& tx) -> absl::Status {
                  RETURN_IF_ERROR(rules_.Update(tx, tenant, one, 0, to).status());
                  return rules_.Update(tx, tenant, other, 0, to).status();
                }).ok());
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  snapshots->Stop();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(backwards, 0);
  EXPECT_EQ(up_to_date, 4);
  EXPECT_GT(asked, kChanges);
}

TEST_F(SnapshotsTest, NobodySeesAnothersRules) {
  const TenantId first = NewTenant(), second = NewTenant();
  Activate(first, Draft("true"));
  const auto snapshots = Make();
  EXPECT_THAT(Ids(snapshots->Of(second, kNever)), IsEmpty());
}

TEST_F(SnapshotsTest, AnUnreachableDatabaseIsAnErrorAndNotNoRules) {
  const TenantId tenant = NewTenant();
  Activate(tenant, Draft("true"));
  const auto snapshots = Make();
  EXPECT_FALSE(snapshots->Of(tenant, absl::InfinitePast()).ok());
}

}  // namespace
}  // namespace smallbiznis::rule
