#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "pkg/outbox/migrations.h"
#include "pkg/outbox/outbox.h"

namespace smallbiznis::outbox {
namespace {

class OutboxTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ = new db::TestDatabase(db::JoinMigrations(db::kMigrations, outbox::kMigrations));
  }
  static void TearDownTestSuite() { delete database_; }
  void SetUp() override { database_->Execute("truncate outbox.messages"); }

  absl::Status Add(const db::Scope& scope, const std::vector<Message>& messages) {
    return db::Transact(*pool_, {.scope = scope}, [&](db::Tx& tx) {
      outbox_.Add(tx, messages);
      return absl::OkStatus();
    });
  }

  static inline db::TestDatabase* database_ = nullptr;
  const clock::SystemClock clock_;
  snowflake::Generator ids_{clock_, 1};
  const Outbox outbox_{ids_, clock_};
  std::unique_ptr<db::Pool> pool_ = database_->OpenPool();
};

TEST_F(OutboxTest, KeepsMessagesDueInTheOrderInWhichTheyWereAdded) {
  const absl::Status status =
      Add(db::Scope::Tenant(TenantId(7)), {
                                              {TenantId(7), "first", "k", R"({"n": 1})"},
                                              {TenantId(7), "second", "k", R"({"n": "☕ '{}\","})"},
                                              {TenantId(7), "third", "other", "[]"},
                                          });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(database_->Value("select string_agg(topic || ' ' || key || ' ' || payload::text || ' ' || attempts, ', ' "
                             "order by id) from outbox.messages where published_at is null"),
            R"(first k {"n": 1} 0, second k {"n": "☕ '{}\","} 0, third other [] 0)");
}

TEST_F(OutboxTest, AddsNothingWithoutMessagesOrWithoutACommit) {
  EXPECT_TRUE(Add(db::Scope::Tenant(TenantId(7)), {}).ok());
  {
    auto tx = pool_->Begin({.scope = db::Scope::Tenant(TenantId(7))});
    ASSERT_TRUE(tx.ok());
    outbox_.Add(**tx, {{TenantId(7), "topic", "k", "{}"}});
    ASSERT_TRUE((*tx)->Flush().ok());
  }
  EXPECT_EQ(database_->Value("select count(*) from outbox.messages"), "0");
}

TEST_F(OutboxTest, FailsTheTransactionOfAMessageThatCannotBeKept) {
  EXPECT_EQ(Add(db::Scope::Tenant(TenantId(7)), {{TenantId(7), "topic", "k", "not JSON"}}).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Add(db::Scope::Tenant(TenantId(7)), {{TenantId(8), "topic", "k", "{}"}}).code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Add(db::Scope::None(), {{TenantId(7), "topic", "k", "{}"}}).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(database_->Value("select count(*) from outbox.messages"), "0");
}

TEST_F(OutboxTest, LetsThePlatformAddForAnyTenant) {
  EXPECT_TRUE(Add(db::Scope::Platform(), {{TenantId(8), "topic", "k", "{}"}, {TenantId(), "topic", "k", "{}"}}).ok());
  EXPECT_EQ(database_->Value("select string_agg(tenant_id::text, ',' order by tenant_id) from outbox.messages"), "0,8");
}

}  // namespace
}  // namespace smallbiznis::outbox
