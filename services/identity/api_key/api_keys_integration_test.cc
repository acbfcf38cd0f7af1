#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "pkg/status/status.h"
#include "services/identity/api_key/testing.h"

namespace smallbiznis::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ApiKeysTest : public IdentityTest {
 protected:
  ApiKeys::Page List(const db::Scope& scope, const ApiKeys::Listing& listing) {
    ApiKeys::Page page;
    const absl::Status status = Run(scope, [&](db::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(page, keys_.List(tx, listing));
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return page;
  }
  std::vector<ApiKeyId> IdsOf(const ApiKeys::Page& page) {
    std::vector<ApiKeyId> ids;
    for (const ApiKey& key : page.keys) ids.push_back(key.id);
    return ids;
  }
};

TEST_F(ApiKeysTest, StoresAMacInPlaceOfTheSecret) {
  const IssuedKey issued = Issue(NewTenant());
  const std::string row = database_->Value("select row_to_json(k)::text from identity.api_keys k where api_key_id = " +
                                           issued.key.id.ToString());
  EXPECT_THAT(row, HasSubstr(issued.key.prefix));
  const std::string secret = issued.secret.substr(issued.secret.size() - 43);
  EXPECT_THAT(row, Not(HasSubstr(secret)));
  EXPECT_THAT(row, Not(HasSubstr(secret.substr(4, 10)))) << "no part of it beyond the shown prefix";
  EXPECT_THAT(row, Not(HasSubstr(crypto::Hex(*crypto::FromBase64Url(secret)))));
}

TEST_F(ApiKeysTest, AnswersTheKeyAsItIsKept) {
  const TenantId tenant = NewTenant();
  const IssuedKey issued = Issue(tenant, clock_.Now() + absl::Hours(1) + absl::Nanoseconds(7));
  const ApiKeys::Page page = List(db::Scope::Tenant(tenant), {.tenant = tenant, .page_size = 10});
  ASSERT_EQ(page.keys.size(), 1u);
  EXPECT_EQ(page.keys[0].prefix, issued.key.prefix);
  EXPECT_EQ(page.keys[0].scopes, issued.key.scopes);
  EXPECT_EQ(page.keys[0].created_at, issued.key.created_at);
  EXPECT_EQ(page.keys[0].expires_at, issued.key.expires_at);
  EXPECT_EQ(page.keys[0].revoked_at, std::nullopt);
}

TEST_F(ApiKeysTest, GivesNoScopeThatItsIssuerDoesNotHold) {
  const TenantId tenant = NewTenant();
  const rpc::Principal by{.subject = "api_key:1", .tenant = tenant, .scopes = {"api_key:*", "tenant:read"}};
  const struct {
    std::vector<std::string> scopes;
    const char* reason;
  } cases[] = {
      {{"tenant:read"}, ""},
      {{"api_key:create", "tenant:read"}, ""},
      {{"api_key:*"}, ""},
      {{"tenant:update"}, "SCOPE_NOT_HELD"},
      {{"tenant:read", "tenant:*"}, "SCOPE_NOT_HELD"},
      {{"*"}, "SCOPE_NOT_HELD"},
      {{}, "INVALID_FIELD"},
      {{"no scope"}, "INVALID_FIELD"},
  };
  for (const auto& c : cases) {
    const absl::Status status = Run(db::Scope::Tenant(tenant), [&](db::Tx& tx) {
      return keys_.Create(tx, {by, no_roles_}, kKnown, {.tenant = tenant, .scopes = c.scopes}).status();
    });
    EXPECT_EQ(status::Reason(status), c.reason) << testing::PrintToString(c.scopes) << ": " << status;
  }
  EXPECT_EQ(List(db::Scope::Tenant(tenant), {.tenant = tenant, .page_size = 10}).keys.size(), 3u);
}

TEST_F(ApiKeysTest, ListsNewestFirstAPageAtATimeWithoutRevokedOnes) {
  const TenantId tenant = NewTenant();
  std::vector<IssuedKey> issued;
  for (int i = 0; i < 5; ++i) issued.push_back(Issue(tenant));
  ASSERT_TRUE(Revoke(issued[3].key).ok());
  const db::Scope scope = db::Scope::Tenant(tenant);

  const ApiKeys::Page first = List(scope, {.tenant = tenant, .page_size = 2});
  EXPECT_THAT(IdsOf(first), ElementsAre(issued[4].key.id, issued[2].key.id));
  EXPECT_TRUE(first.more);
  const ApiKeys::Page last = List(scope, {.tenant = tenant, .before = first.keys.back().id, .page_size = 2});
  EXPECT_THAT(IdsOf(last), ElementsAre(issued[1].key.id, issued[0].key.id));
  EXPECT_FALSE(last.more);
  EXPECT_EQ(List(scope, {.tenant = tenant, .include_revoked = true, .page_size = 10}).keys.size(), 5u);
}

TEST_F(ApiKeysTest, RevokesOnceAndKeepsTheFirstTime) {
  const IssuedKey issued = Issue(NewTenant());
  std::vector<std::optional<absl::Time>> times;
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = Run(db::Scope::Tenant(issued.key.tenant), [&](db::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto revoked, keys_.Revoke(tx, issued.key.tenant, issued.key.id));
      times.push_back(revoked.after.revoked_at);
      return absl::OkStatus();
    });
    ASSERT_TRUE(status.ok()) << status;
  }
  EXPECT_NE(times[0], std::nullopt);
  EXPECT_EQ(times[0], times[1]);
}

TEST_F(ApiKeysTest, IsBlindToKeysOfOtherTenants) {
  const IssuedKey theirs = Issue(NewTenant());
  const TenantId mine = NewTenant();
  EXPECT_TRUE(List(db::Scope::Tenant(mine), {.tenant = theirs.key.tenant, .page_size = 10}).keys.empty());
  EXPECT_TRUE(List(db::Scope::None(), {.tenant = theirs.key.tenant, .page_size = 10}).keys.empty());
  const absl::Status revoke = Run(
      db::Scope::Tenant(mine), [&](db::Tx& tx) { return keys_.Revoke(tx, theirs.key.tenant, theirs.key.id).status(); });
  const absl::Status missing =
      Run(db::Scope::Tenant(mine), [&](db::Tx& tx) { return keys_.Revoke(tx, mine, ids_.Next<ApiKeyId>()).status(); });
  EXPECT_EQ(status::Reason(revoke), "API_KEY_NOT_FOUND");
  EXPECT_EQ(revoke, missing);
  const absl::Status insert = Run(db::Scope::Tenant(mine), [&](db::Tx& tx) {
    return keys_.Issue(tx, {.tenant = theirs.key.tenant, .scopes = {"*"}}).status();
  });
  EXPECT_EQ(insert.code(), absl::StatusCode::kPermissionDenied) << insert;
  const absl::Status platform_key = Run(db::Scope::Tenant(mine), [&](db::Tx& tx) {
    return keys_.Issue(tx, {.tenant = TenantId(), .scopes = {"*"}}).status();
  });
  EXPECT_EQ(platform_key.code(), absl::StatusCode::kPermissionDenied) << "a tenant cannot make a platform key";
}

// First in the life of a database, so it has one of its own.
TEST(PlatformAdministratorTest, IsMadeOnceByManyProcessesAtOnceAndSeenByNoTenant) {
  const db::TestDatabase database(
      db::JoinMigrations(db::kMigrations, identity::kMigrations, identity_api_key::kMigrations));
  const crypto::Keyring keyring = *crypto::Keyring::FromText(std::string(64, '1'));
  const clock::SystemClock clock;
  snowflake::Generator ids(clock, 1);
  const ApiKeys keys(keyring, ids, clock);

  std::atomic<int> made = 0;
  {
    std::vector<std::jthread> processes;
    for (int i = 0; i < 8; ++i) {
      processes.emplace_back([&] {
        const auto pool = database.OpenPool(1);
        const absl::Status status =
            db::Transact(*pool, {.scope = db::Scope::Platform()}, [&](db::Tx& tx) -> absl::Status {
              ASSIGN_OR_RETURN(const auto issued, keys.EnsurePlatformAdministrator(tx));
              if (issued) ++made;
              return absl::OkStatus();
            });
        EXPECT_TRUE(status.ok()) << status;
      });
    }
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(database.Value("select count(*) || scopes[1] from identity.api_keys where tenant_id = 0 group by scopes"),
            "1*");

  const auto pool = database.OpenPool(1);
  for (const db::Scope& scope : {db::Scope::None(), db::Scope::Tenant(TenantId(7)), db::Scope::Tenant(TenantId())}) {
    const absl::Status status = db::Transact(*pool, {.scope = scope}, [&](db::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto page, keys.List(tx, {.tenant = TenantId(), .page_size = 10}));
      EXPECT_TRUE(page.keys.empty());
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST_F(ApiKeysTest, RotatesOnlyALiveKeyOfTheTenantForWhoHoldsItsScopes) {
  const IssuedKey live = Issue(NewTenant());
  const IssuedKey revoked = Issue(NewTenant());
  ASSERT_TRUE(Revoke(revoked.key).ok());
  const IssuedKey expired = Issue(NewTenant(), clock_.Now() - absl::Seconds(1));
  const rpc::Principal all{.subject = "api_key:1", .scopes = {"*"}};
  const rpc::Principal rotates_only{.subject = "api_key:2", .scopes = {"api_key:*"}};
  const struct {
    const rpc::Principal& by;
    TenantId tenant;
    ApiKeyId id;
    const char* reason;
  } cases[] = {
      {all, live.key.tenant, ids_.Next<ApiKeyId>(), "API_KEY_NOT_FOUND"},
      {all, NewTenant(), live.key.id, "API_KEY_NOT_FOUND"},
      {rotates_only, live.key.tenant, live.key.id, "SCOPE_NOT_HELD"},
      {all, revoked.key.tenant, revoked.key.id, "API_KEY_ENDED"},
      {all, expired.key.tenant, expired.key.id, "API_KEY_ENDED"},
      {all, live.key.tenant, live.key.id, ""},
  };
  for (const auto& c : cases) {
    const absl::Status status = Run(db::Scope::Tenant(c.tenant), [&](db::Tx& tx) {
      return keys_.Rotate(tx, {c.by, no_roles_}, {c.tenant, c.id, absl::Hours(1)}).status();
    });
    EXPECT_EQ(status::Reason(status), c.reason) << status;
  }
}

TEST_F(ApiKeysTest, AsksTheAuthorizerWhatRolesGive) {
  class Reader final : public rpc::Authorizer {
   public:
    absl::Status Authorize(const rpc::Principal&, std::string_view permission) override {
      if (permission == "domain:read") return absl::UnavailableError("cannot be found out");
      return permission == "tenant:read" ? absl::OkStatus() : rpc::PermissionMissing(permission);
    }
  } reader;
  const TenantId tenant = NewTenant();
  const rpc::Principal member{.subject = "user:1", .tenant = tenant, .roles = {"reader"}};
  const auto create = [&](const char* scope) {
    return Run(db::Scope::Tenant(tenant), [&](db::Tx& tx) {
      return keys_.Create(tx, {member, reader}, kKnown, {.tenant = tenant, .scopes = {scope}}).status();
    });
  };
  EXPECT_TRUE(create("tenant:read").ok());
  EXPECT_EQ(status::Reason(create("tenant:update")), "SCOPE_NOT_HELD");
  EXPECT_EQ(create("domain:read").code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace smallbiznis::identity
