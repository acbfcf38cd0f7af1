#include "pkg/audit/audit.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "pkg/audit/migrations.h"
#include "pkg/db/error.h"
#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "pkg/status/status.h"

namespace smallbiznis::audit {
namespace {

class AuditTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    db::Migrations migrations(std::begin(db::kMigrations), std::end(db::kMigrations));
    migrations.insert(migrations.end(), std::begin(kMigrations), std::end(kMigrations));
    database_ = new db::TestDatabase(migrations);
    pool_ = database_->OpenPool().release();
  }
  static void TearDownTestSuite() {
    delete pool_;
    delete database_;
  }

  absl::Status Add(db::Scope scope, const Event& event) {
    return db::Transact(*pool_, {.scope = scope}, [&](db::Tx& tx) {
      audit_.Add(tx, event);
      return absl::OkStatus();
    });
  }

  // What a statement of the program's role gives in a tenant's scope.
  absl::Status Run(db::Scope scope, const char* sql) {
    const db::Statement statement{sql, sql, 0};
    return db::Transact(*pool_, {.scope = scope}, [&](db::Tx& tx) { return tx.Query(statement, {}).status(); });
  }

  static inline db::TestDatabase* database_;
  static inline db::Pool* pool_;
  clock::FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  Audit audit_{clock_};
};

TEST_F(AuditTest, KeepsEveryPartOfAnEvent) {
  const TenantId tenant(11);
  ASSERT_EQ(Add(db::Scope::Tenant(tenant), {.tenant = tenant,
                                            .principal = "api_key:1",
                                            .method = "/x.Y/Z",
                                            .resource = "tenants/11",
                                            .after_digest = std::string(32, '\xab'),
                                            .request_id = "r1"}),
            absl::OkStatus());
  EXPECT_EQ(
      database_->Value("select concat_ws('|', principal, method, resource, coalesce(encode(before_digest, 'hex'), "
                       "'none'), encode(after_digest, 'hex'), request_id, extract(epoch from occurred_at)::bigint)"
                       " from audit.events where tenant_id = 11"),
      "api_key:1|/x.Y/Z|tenants/11|none|abababababababababababababababababababababababababababababababab|r1|"
      "1700000000");
}

TEST_F(AuditTest, ARowThatCannotBeWrittenFailsTheMutation) {
  const TenantId own(12);
  const absl::Status refused[] = {
      // Another tenant's trail: row-level security refuses it at COMMIT.
      Add(db::Scope::Tenant(own), {.tenant = TenantId(13), .principal = "api_key:1"}),
      Add(db::Scope::Tenant(own), {.tenant = own, .after_digest = "not a digest"}),  // a check
      Add(db::Scope::None(), {.tenant = own}), Add(db::Scope::Tenant(own), {}),      // the platform's trail
  };
  for (const absl::Status& error : refused) {
    EXPECT_EQ(error.code(), absl::StatusCode::kInternal) << error;
    EXPECT_EQ(error.message().find("the audit row was not written: "), 0) << error;
  }
  EXPECT_EQ(database_->Value("select count(*) from audit.events where tenant_id in (0, 12, 13)"), "0");
}

TEST_F(AuditTest, ARefusedRowIsInternalWhateverItsClass) {
  const std::pair<const char*, absl::StatusCode> cases[] = {
      {"42501", absl::StatusCode::kInternal},    {"23514", absl::StatusCode::kInternal},
      {"23505", absl::StatusCode::kInternal},    {"23503", absl::StatusCode::kInternal},
      {"22023", absl::StatusCode::kInternal},    {"53100", absl::StatusCode::kInternal},
      {"55P03", absl::StatusCode::kInternal},    {"XX000", absl::StatusCode::kInternal},
      {"57P01", absl::StatusCode::kUnavailable}, {"57014", absl::StatusCode::kDeadlineExceeded},
      {"40001", absl::StatusCode::kAborted},  // and has been tried again
  };
  const TenantId own(19);
  for (const auto& [sqlstate, code] : cases) {
    database_->Execute(
        std::string("create function public.refuse() returns trigger language plpgsql as $$ begin raise exception "
                    "'no room' using errcode = '") +
        sqlstate + "'; end $$; create trigger refuse before insert on audit.events execute function public.refuse()");
    const absl::Status error = Add(db::Scope::Tenant(own), {.tenant = own});
    database_->Execute("drop function public.refuse cascade");
    EXPECT_EQ(error.code(), code) << sqlstate << ": " << error;
    EXPECT_NE(error.message().find("no room"), std::string::npos) << error;
    // So that no store takes it for an error of its own statement.
    EXPECT_EQ(db::SqlState(error), code == absl::StatusCode::kInternal ? "" : sqlstate) << error;
  }
  EXPECT_EQ(database_->Value("select count(*) from audit.heads where tenant_id = 19"), "0");
}

TEST_F(AuditTest, ThePlatformWritesItsOwnTrailAndThatOfTenants) {
  EXPECT_EQ(Add(db::Scope::Platform(), {.resource = "platform"}), absl::OkStatus());
  EXPECT_EQ(Add(db::Scope::Platform(), {.tenant = TenantId(14)}), absl::OkStatus());
  EXPECT_EQ(database_->Value("select count(*) from audit.events where tenant_id = 14 or resource = 'platform'"), "2");
}

TEST_F(AuditTest, NobodyChangesTheTrail) {
  const TenantId tenant(15);
  ASSERT_EQ(Add(db::Scope::Tenant(tenant), {.tenant = tenant, .resource = "kept"}), absl::OkStatus());
  for (const char* sql : {"update audit.events set resource = 'changed'", "delete from audit.events",
                          "truncate audit.events", "delete from audit.heads", "truncate audit.heads"}) {
    EXPECT_EQ(db::SqlState(Run(db::Scope::Tenant(tenant), sql)), "42501") << sql;
    // Nor the owner: the trigger.
    const absl::StatusOr<std::unique_ptr<db::Pool>> owner = db::Pool::Open(database_->owner(), clock_, {});
    ASSERT_TRUE(owner.ok());
    const db::Statement statement{sql, sql, 0};
    const absl::Status refused = db::Transact(**owner, {.scope = db::Scope::Platform()},
                                              [&](db::Tx& tx) { return tx.Query(statement, {}).status(); });
    EXPECT_EQ(db::SqlState(refused), "42501") << sql;
    EXPECT_NE(std::string(refused.message()).find("append-only"), std::string::npos) << refused;
  }
  EXPECT_EQ(database_->Value("select resource from audit.events where tenant_id = 15"), "kept");
}

TEST_F(AuditTest, TheProgramWritesByAppendOnly) {
  const db::Scope scope = db::Scope::Tenant(TenantId(18));
  for (const char* sql :
       {"insert into audit.events select 18, 1, now(), '', '', '', null, null, '', decode(repeat('00', 32), 'hex')",
        "insert into audit.heads values (18, 1, decode(repeat('00', 32), 'hex'))",
        "update audit.heads set event_number = 7"}) {
    EXPECT_EQ(db::SqlState(Run(scope, sql)), "42501") << sql;
  }
  EXPECT_EQ(Add(scope, {.tenant = TenantId(18)}), absl::OkStatus());
}

TEST_F(AuditTest, ATenantSeesItsOwnTrailOnly) {
  ASSERT_EQ(Add(db::Scope::Platform(), {.tenant = TenantId(16)}), absl::OkStatus());
  ASSERT_EQ(Add(db::Scope::Platform(), {.tenant = TenantId(17)}), absl::OkStatus());
  const db::Statement seen{"seen", "select count(*) from audit.events where tenant_id <> 16", 0};
  for (const db::Scope scope : {db::Scope::Tenant(TenantId(16)), db::Scope::None()}) {
    EXPECT_EQ(db::Transact(*pool_, {.scope = scope},
                           [&](db::Tx& tx) -> absl::Status {
                             ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(seen, {}));
                             EXPECT_EQ(rows[0].Int64(0), 0);
                             return absl::OkStatus();
                           }),
              absl::OkStatus());
  }
}

}  // namespace
}  // namespace smallbiznis::audit
