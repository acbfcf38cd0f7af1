// Tenancy as the database itself sees it: every table that belongs to tenants is closed to everybody else, whatever the
// program does. Reads the catalogs, so that a table which is added tomorrow is looked at too.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "cmd/migrations.h"
#include "pkg/db/testing.h"

namespace smallbiznis {
namespace {

// Tables without a tenant, each with its reason.
constexpr std::string_view kTablesWithoutTenant =
    "'migrate.applied',"        // the schema's own history; the program may only read it
    "'ledger.signing_keys',"    // the platform's keys; their seeds are sealed
    "'snowflake.node_leases'";  // which process makes ids with which number

class TenancyTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { database_ = new db::TestDatabase(AllMigrations()); }
  static void TearDownTestSuite() { delete database_; }

  // Names of the tables for which `condition` holds; "" when there is none.
  static std::string Tables(std::string_view condition) {
    return database_->Value(fmt::format(R"(
        select string_agg(n.nspname || '.' || c.relname, ' ' order by 1)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and ({}))",
                                        condition));
  }
  // The same among the tables that have a tenant.
  static std::string TenantTables(std::string_view condition) {
    return Tables(fmt::format("{} and ({})", kHasTenant, condition));
  }

  static constexpr std::string_view kHasTenant =
      "exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)";
  static inline db::TestDatabase* database_ = nullptr;
};

TEST_F(TenancyTest, LooksAtTheTablesOfEveryRoom) {
  const std::string tables = TenantTables("true");
  for (const char* table :
       {"access.policy_rules", "access.roles", "audit.events", "audit.heads", "domain.domains", "idempotency.answers",
        "identity.api_keys", "identity.attempts", "identity.ended_flows", "identity.external_identities",
        "identity.mailed_tokens", "identity.recovery_codes", "identity.sessions", "identity.users", "outbox.messages",
        "tenant.provisioning_steps", "tenant.tenants"}) {
    EXPECT_THAT(tables, testing::HasSubstr(table));
  }
}

TEST_F(TenancyTest, HasATenantInEveryTableButThoseThatAreNamedHere) {
  EXPECT_EQ(
      Tables(fmt::format("not {} and n.nspname || '.' || c.relname not in ({})", kHasTenant, kTablesWithoutTenant)),
      "");
}

TEST_F(TenancyTest, KeepsTheTenantAsABigintThatIsNeverNull) {
  EXPECT_EQ(TenantTables("exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and "
                         "(a.atttypid <> 'bigint'::regtype or not a.attnotnull))"),
            "");
}

TEST_F(TenancyTest, BeginsEveryPrimaryKeyWithTheTenant) {
  EXPECT_EQ(TenantTables("not exists (select from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = "
                         "i.indkey[0] where i.indrelid = c.oid and i.indisprimary and a.attname = 'tenant_id')"),
            "");
}

TEST_F(TenancyTest, ForcesRowLevelSecurityOnEveryTable) {
  EXPECT_EQ(TenantTables("not c.relrowsecurity or not c.relforcerowsecurity"), "");
}

TEST_F(TenancyTest, HasOnePolicyATableForReadingAndWritingByTheTenantSetting) {
  // More than one would be OR-ed together: the widest would rule.
  EXPECT_EQ(TenantTables("(select count(*) from pg_policy p where p.polrelid = c.oid) <> 1"), "");
  EXPECT_EQ(TenantTables(R"(not exists (
                select from pg_policy p
                where p.polrelid = c.oid and p.polcmd = '*' and p.polroles = '{0}'
                  and pg_get_expr(p.polqual, p.polrelid) ~ 'tenant_id.*app\.'
                  and regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid),
                        '\( SELECT (app\.\w+\(\)) AS \w+\)', '\1', 'g') = pg_get_expr(p.polqual, p.polrelid)))"),
            "")
      << "writing as reading; what is written is checked against what is computed once a statement";
}

TEST_F(TenancyTest, GivesTheProgramARoleThatOwnsNothingAndBypassesNothing) {
  EXPECT_EQ(Tables("pg_get_userbyid(c.relowner) = 'smallbiznis_app'"), "");
  EXPECT_EQ(database_->Value("select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication from "
                             "pg_roles where rolname = 'smallbiznis_app'"),
            "f");
  EXPECT_EQ(
      database_->Value("select count(*) from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname "
                       "= 'smallbiznis_app'"),
      "0")
      << "nor is it a member of a role that may do more";
  EXPECT_EQ(database_->Value("select string_agg(nspname, ' ') from pg_namespace where nspname !~ '^pg_' and "
                             "has_schema_privilege('smallbiznis_app', oid, 'create')"),
            "");
  // Row-level security does not hold for TRUNCATE, nor are triggers and references its business.
  EXPECT_EQ(Tables("has_table_privilege('smallbiznis_app', c.oid, 'truncate, trigger, references')"), "");
}

TEST_F(TenancyTest, ShowsTheProgramNoRowOfAnyTableWithoutASetting) {
  database_->Execute(
      "insert into tenant.tenants values (7, 'T7', 'n', 'sss', 'COMPANY', 'ACTIVE', null, null, 'ID', "
      "'UTC', 1, now(), now())");
  database_->Execute(
      "insert into identity.api_keys values (0, 1, 'n', 'p', '{*}', decode(repeat('00', 32), 'hex'), "
      "now())");
  // As the program's role, first without a setting, then with settings that name nobody.
  const std::string count =
      "set local role smallbiznis_app; select (select count(*) from tenant.tenants) + "
      "(select count(*) from identity.api_keys)";
  EXPECT_EQ(database_->Value("begin; " + count), "0");
  EXPECT_EQ(database_->Value("begin; set local app.tenant_id = ''; set local app.platform = ''; " + count), "0");
  EXPECT_EQ(database_->Value("begin; set local app.tenant_id = '8'; " + count), "0");
  EXPECT_EQ(database_->Value("begin; set local app.tenant_id = '7'; " + count), "1");
  EXPECT_EQ(database_->Value("begin; set local app.platform = 'on'; " + count), "2");
}

}  // namespace
}  // namespace smallbiznis
