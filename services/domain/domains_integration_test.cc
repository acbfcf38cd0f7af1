#include "services/domain/domains.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "pkg/status/status.h"
#include "services/domain/migrations.h"

namespace smallbiznis::domain {
namespace {

using ::testing::ElementsAre;

class DomainsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ = new db::TestDatabase(db::JoinMigrations(db::kMigrations, domain::kMigrations));
  }
  static void TearDownTestSuite() { delete database_; }

  absl::Status Run(const db::Scope& scope, const std::function<absl::Status(db::Tx&)>& work) {
    return db::Transact(*pool_, {.scope = scope}, work);
  }
  absl::StatusOr<Domain> Create(const db::Scope& scope, TenantId tenant, std::string_view slug) {
    Domain domain;
    RETURN_IF_ERROR(Run(scope, [&](db::Tx& tx) {
      domain = domains_.CreateDefault(tx, tenant, slug);
      return absl::OkStatus();
    }));
    return domain;
  }
  // As a tenant's own names will be added.
  void AddCustom(TenantId tenant, std::string_view host) {
    database_->Execute(
        fmt::format("insert into domain.domains values ({}, {}, '{}', 'CUSTOM', false, 'PENDING', now())",
                    tenant.value(), ids_.NextValue(), host));
  }
  std::vector<std::string> Hosts(const db::Scope& scope, const Domains::Listing& listing) {
    std::vector<std::string> hosts;
    const absl::Status status = Run(scope, [&](db::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto page, domains_.List(tx, listing));
      for (const Domain& domain : page.domains) hosts.push_back(domain.host);
      if (page.more) hosts.push_back("...");
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return hosts;
  }
  TenantId NewTenant() { return ids_.Next<TenantId>(); }

  static inline db::TestDatabase* database_ = nullptr;
  static inline const clock::SystemClock clock_;
  static inline snowflake::Generator ids_{clock_, 1};
  const Domains domains_{*RootDomain::Parse("shops.example"), ids_, clock_};
  std::unique_ptr<db::Pool> pool_ = database_->OpenPool();
};

TEST_F(DomainsTest, GivesATenantItsVerifiedPrimaryName) {
  const TenantId tenant = NewTenant();
  const auto created = Create(db::Scope::Platform(), tenant, "kopi");
  ASSERT_TRUE(created.ok()) << created.status();
  const absl::Status status = Run(db::Scope::Tenant(tenant), [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const Domain domain, domains_.Get(tx, tenant, created->id));
    EXPECT_EQ(domain.host, "kopi.shops.example");
    EXPECT_EQ(domain.type, Type::kSystem);
    EXPECT_TRUE(domain.primary);
    EXPECT_EQ(domain.verification, Verification::kVerified);
    EXPECT_EQ(domain.created_at, created->created_at);
    EXPECT_EQ(domain.verified_at, created->verified_at);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(DomainsTest, GivesANameToOneTenantOnly) {
  ASSERT_TRUE(Create(db::Scope::Platform(), NewTenant(), "once").ok());
  const absl::Status second = Create(db::Scope::Platform(), NewTenant(), "once").status();
  EXPECT_EQ(second.code(), absl::StatusCode::kAlreadyExists) << second;
  EXPECT_EQ(status::Reason(second), "DOMAIN_HOST_TAKEN");
}

TEST_F(DomainsTest, LeavesATenantOnePrimaryName) {
  const TenantId tenant = NewTenant();
  ASSERT_TRUE(Create(db::Scope::Platform(), tenant, "first").ok());
  EXPECT_FALSE(Create(db::Scope::Platform(), tenant, "second").ok());
}

TEST_F(DomainsTest, ListsByHostAPageAtATimeAndByType) {
  const TenantId tenant = NewTenant();
  ASSERT_TRUE(Create(db::Scope::Platform(), tenant, "mid").ok());
  for (const char* host : {"z.example", "b.example", "a-b.example", "a.example"}) AddCustom(tenant, host);
  const db::Scope scope = db::Scope::Tenant(tenant);
  EXPECT_THAT(Hosts(scope, {.tenant = tenant, .page_size = 3}),
              ElementsAre("a-b.example", "a.example", "b.example", "..."));
  EXPECT_THAT(Hosts(scope, {.tenant = tenant, .after_host = "b.example", .page_size = 3}),
              ElementsAre("mid.shops.example", "z.example"));
  EXPECT_THAT(Hosts(scope, {.tenant = tenant, .type = Type::kSystem, .page_size = 3}),
              ElementsAre("mid.shops.example"));
  EXPECT_THAT(Hosts(scope, {.tenant = tenant, .type = Type::kCustom, .page_size = 1}),
              ElementsAre("a-b.example", "..."));
}

TEST_F(DomainsTest, IsBlindToDomainsOfOtherTenants) {
  const TenantId theirs = NewTenant();
  const auto domain = Create(db::Scope::Platform(), theirs, "theirs");
  ASSERT_TRUE(domain.ok());
  for (const db::Scope& scope : {db::Scope::Tenant(NewTenant()), db::Scope::None()}) {
    EXPECT_THAT(Hosts(scope, {.tenant = theirs, .page_size = 10}), ElementsAre());
    const absl::Status get = Run(scope, [&](db::Tx& tx) { return domains_.Get(tx, theirs, domain->id).status(); });
    EXPECT_EQ(status::Reason(get), "DOMAIN_NOT_FOUND");
    EXPECT_EQ(Create(scope, theirs, "planted").status().code(), absl::StatusCode::kPermissionDenied);
  }
}

}  // namespace
}  // namespace smallbiznis::domain
