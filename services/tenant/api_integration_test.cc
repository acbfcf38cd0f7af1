// What a caller sees of the three services of onboarding: every RPC through its API class, on the real database.
#include "services/tenant/api.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "pkg/rpc/router.h"
#include "pkg/status/status.h"
#include "services/domain/api.h"
#include "services/identity/api_key/api.h"
#include "services/identity/api_key/testing.h"
#include "services/tenant/testing.h"

namespace smallbiznis::tenant {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ApiTest : public TenantTest {
 protected:
  // One call by `by`, as the router makes it; `text` is the request.
  template <class Request, class Response, class Api>
  absl::StatusOr<Response> CallApi(Api& api, absl::Status (Api::*rpc)(rpc::Call&, const Request&, Response&),
                                   const rpc::Principal& by, const std::string& text) {
    Request request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
    Response response;
    change_.reset();
    RETURN_IF_ERROR(Run(ScopeOf(by), [&](db::Tx& tx) {
      const rpc::Method method;
      rpc::Call call(method, {}, by);
      call.set_tx(&tx);
      response.Clear();
      const absl::Status status = (api.*rpc)(call, request, response);
      change_ = call.change();
      return status;
    }));
    return response;
  }

  absl::StatusOr<v1::CreateTenantResponse> Create(const std::string& text) {
    return CallApi(tenant_api_, &TenantApi::CreateTenant, PlatformPrincipal(), text);
  }
  v1::CreateTenantResponse MustCreate(const std::string& name) {
    const auto created = Create("name: '" + name + "' country_code: 'ID' timezone: 'Asia/Jakarta'");
    EXPECT_TRUE(created.ok()) << created.status();
    return created.value_or(v1::CreateTenantResponse{});
  }
  static rpc::Principal OwnerOf(const v1::CreateTenantResponse& created) {
    return PrincipalOf(*TenantId::Parse(created.tenant().tenant_id()));
  }
  static std::string FirstField(const absl::Status& status) {
    const auto violations = status::FieldViolations(status);
    return violations.empty() ? "" : violations[0].field;
  }

  TenantApi tenant_api_{onboarding_, tenants_, members_, keyring_};
  domain::DomainApi domain_api_{domains_, tenants_, keyring_};
  identity::NoRoles no_roles_;
  identity::ApiKeyApi key_api_{
      {.keys = keys_, .tenants = tenants_, .authorizer = no_roles_, .keyring = keyring_, .known_scopes = [] {
         return identity::kKnown;
       }}};
  std::optional<rpc::Call::Change> change_;
};

TEST_F(ApiTest, CreatesATenantAndKeepsItsSecretOutOfTheAuditTrail) {
  const auto created = Create("name: 'Kopi Nusantara' slug: 'kn' country_code: 'ID' timezone: 'UTC'");
  EXPECT_EQ(FirstField(created.status()), "slug");
  const v1::CreateTenantResponse answer = MustCreate("Kopi Nusantara");
  EXPECT_EQ(answer.tenant().slug(), "kopi-nusantara");
  EXPECT_EQ(answer.tenant().state(), v1::PROVISIONING);
  EXPECT_EQ(answer.domain().host(), "kopi-nusantara.shops.example");
  EXPECT_EQ(answer.domain().tenant_id(), answer.tenant().tenant_id());
  EXPECT_EQ(answer.api_key().tenant_id(), answer.tenant().tenant_id());
  EXPECT_TRUE(answer.api_key_secret().starts_with(answer.api_key().prefix()));
  ASSERT_TRUE(change_.has_value());
  EXPECT_EQ(change_->resource, "tenants/" + answer.tenant().tenant_id());
  EXPECT_THAT(change_->before, IsEmpty());
  EXPECT_THAT(change_->after, HasSubstr("Kopi Nusantara"));
  EXPECT_THAT(change_->after, Not(HasSubstr(answer.api_key_secret())));
}

TEST_F(ApiTest, RecordsBothStatesOfAChange) {
  const auto created = MustCreate("Recorded");
  const std::string id = created.tenant().tenant_id();
  const auto updated = CallApi(tenant_api_, &TenantApi::UpdateTenant, OwnerOf(created),
                               "tenant {tenant_id: '" + id + "' name: 'Renamed'}");
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_THAT(change_->before, HasSubstr("Recorded"));
  EXPECT_THAT(change_->after, HasSubstr("Renamed"));
  EXPECT_EQ(change_->tenant, *TenantId::Parse(id));
  const auto suspended =
      CallApi(tenant_api_, &TenantApi::SuspendTenant, PlatformPrincipal(), "tenant_id: '" + id + "' reason: 'unpaid'");
  ASSERT_TRUE(suspended.ok()) << suspended.status();
  EXPECT_EQ(suspended->state(), v1::SUSPENDED);
  EXPECT_NE(change_->before, change_->after);
}

TEST_F(ApiTest, NamesTheFieldOfAMalformedId) {
  const rpc::Principal by = PlatformPrincipal();
  for (const std::string id : {"", "0", "-1", "x", "1.0", "007", "9223372036854775808", "1 or 1=1"}) {
    const std::string text = "tenant_id: '" + id + "'";
    EXPECT_EQ(FirstField(CallApi(tenant_api_, &TenantApi::GetTenant, by, text).status()), "tenant_id") << id;
    EXPECT_EQ(FirstField(CallApi(tenant_api_, &TenantApi::ListProvisioningSteps, by, text).status()), "tenant_id");
    EXPECT_EQ(FirstField(CallApi(domain_api_, &domain::DomainApi::ListDomains, by, text).status()), "tenant_id");
    EXPECT_EQ(FirstField(CallApi(key_api_, &identity::ApiKeyApi::ListApiKeys, by, text).status()), "tenant_id");
    EXPECT_EQ(
        FirstField(CallApi(tenant_api_, &TenantApi::UpdateTenant, by, "tenant {name: 'x' " + text + "}").status()),
        "tenant.tenant_id");
  }
}

// Everything that names a tenant: foreign and missing are one answer to a tenant, missing is that answer to the
// platform.
TEST_F(ApiTest, InfersNothingAboutOtherTenantsInAnyRpc) {
  const auto mine = MustCreate("Mine");
  const auto theirs = MustCreate("Theirs");
  const std::string missing = ids_.Next<TenantId>().ToString();
  const auto& key_id = theirs.api_key().api_key_id();
  const auto& domain_id = theirs.domain().domain_id();
  using Rpc = std::function<absl::Status(const rpc::Principal&, const std::string& tenant)>;
  const std::pair<const char*, Rpc> rpcs[] = {
      {"GetTenant",
       [&](const auto& by, const auto& id) {
         return CallApi(tenant_api_, &TenantApi::GetTenant, by, "tenant_id: '" + id + "'").status();
       }},
      {"UpdateTenant",
       [&](const auto& by, const auto& id) {
         return CallApi(tenant_api_, &TenantApi::UpdateTenant, by, "tenant {tenant_id: '" + id + "' name: 'x'}")
             .status();
       }},
      {"SuspendTenant",
       [&](const auto& by, const auto& id) {
         return CallApi(tenant_api_, &TenantApi::SuspendTenant, by, "tenant_id: '" + id + "'").status();
       }},
      {"ResumeTenant",
       [&](const auto& by, const auto& id) {
         return CallApi(tenant_api_, &TenantApi::ResumeTenant, by, "tenant_id: '" + id + "'").status();
       }},
      {"ArchiveTenant",
       [&](const auto& by, const auto& id) {
         return CallApi(tenant_api_, &TenantApi::ArchiveTenant, by, "tenant_id: '" + id + "'").status();
       }},
      {"ListProvisioningSteps",
       [&](const auto& by, const auto& id) {
         return CallApi(tenant_api_, &TenantApi::ListProvisioningSteps, by, "tenant_id: '" + id + "'").status();
       }},
      {"GetDomain",
       [&](const auto& by, const auto& id) {
         return CallApi(domain_api_, &domain::DomainApi::GetDomain, by,
                        "tenant_id: '" + id + "' domain_id: '" + domain_id + "'")
             .status();
       }},
      {"ListDomains",
       [&](const auto& by, const auto& id) {
         return CallApi(domain_api_, &domain::DomainApi::ListDomains, by, "tenant_id: '" + id + "'").status();
       }},
      {"CreateApiKey",
       [&](const auto& by, const auto& id) {
         return CallApi(key_api_, &identity::ApiKeyApi::CreateApiKey, by, "tenant_id: '" + id + "' scopes: '*'")
             .status();
       }},
      {"ListApiKeys",
       [&](const auto& by, const auto& id) {
         return CallApi(key_api_, &identity::ApiKeyApi::ListApiKeys, by, "tenant_id: '" + id + "'").status();
       }},
      {"RevokeApiKey",
       [&](const auto& by, const auto& id) {
         return CallApi(key_api_, &identity::ApiKeyApi::RevokeApiKey, by,
                        "tenant_id: '" + id + "' api_key_id: '" + key_id + "'")
             .status();
       }},
  };
  const absl::Status expected = rpcs[0].second(OwnerOf(mine), missing);
  EXPECT_EQ(status::Reason(expected), "TENANT_NOT_FOUND");
  for (const auto& [name, rpc] : rpcs) {
    EXPECT_EQ(rpc(OwnerOf(mine), theirs.tenant().tenant_id()), expected) << name << " of a foreign tenant";
    EXPECT_EQ(rpc(OwnerOf(mine), missing), expected) << name << " of a missing tenant";
    EXPECT_EQ(rpc(PlatformPrincipal(), missing), expected) << name << " by the platform";
  }
  // Through one's own tenant, a foreign domain or key is a missing one.
  const std::string own = "tenant_id: '" + mine.tenant().tenant_id() + "' ";
  EXPECT_EQ(status::Reason(CallApi(domain_api_, &domain::DomainApi::GetDomain, OwnerOf(mine),
                                   own + "domain_id: '" + domain_id + "'")
                               .status()),
            "DOMAIN_NOT_FOUND");
  EXPECT_EQ(status::Reason(CallApi(key_api_, &identity::ApiKeyApi::RevokeApiKey, OwnerOf(mine),
                                   own + "api_key_id: '" + key_id + "'")
                               .status()),
            "API_KEY_NOT_FOUND");
}

TEST_F(ApiTest, ShowsATenantItsOwn) {
  const auto mine = MustCreate("Own");
  const std::string id = "tenant_id: '" + mine.tenant().tenant_id() + "'";
  const rpc::Principal by = OwnerOf(mine);
  EXPECT_EQ(CallApi(tenant_api_, &TenantApi::GetTenant, by, id)->SerializeAsString(),
            mine.tenant().SerializeAsString());
  EXPECT_EQ(CallApi(tenant_api_, &TenantApi::ListProvisioningSteps, by, id)->steps_size(), 4);
  const auto domains = CallApi(domain_api_, &domain::DomainApi::ListDomains, by, id);
  ASSERT_EQ(domains->domains_size(), 1);
  EXPECT_EQ(domains->domains(0).SerializeAsString(), mine.domain().SerializeAsString());
  const auto keys = CallApi(key_api_, &identity::ApiKeyApi::ListApiKeys, by, id);
  ASSERT_EQ(keys->api_keys_size(), 1);
  EXPECT_EQ(keys->api_keys(0).SerializeAsString(), mine.api_key().SerializeAsString());
}

TEST_F(ApiTest, ListsStepsAPageAtATime) {
  const auto mine = MustCreate("Steps");
  std::vector<std::string> services;
  std::string token;
  do {
    const auto page =
        CallApi(tenant_api_, &TenantApi::ListProvisioningSteps, OwnerOf(mine),
                "tenant_id: '" + mine.tenant().tenant_id() + "' page_size: 3 page_token: '" + token + "'");
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& step : page->steps()) services.push_back(step.service());
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_THAT(services, testing::ElementsAre("ledger", "loyalty", "rule", "voucher"));
}

TEST_F(ApiTest, BindsAPageTokenToItsListFilterAndOrder) {
  for (int i = 0; i < 3; ++i) MustCreate("Paged");
  const auto list = [&](const std::string& text) {
    return CallApi(tenant_api_, &TenantApi::ListTenants, PlatformPrincipal(), text);
  };
  const std::string filter = "filter {name_contains: 'Paged' states: PROVISIONING} ";
  const std::string token = list(filter + "page_size: 2")->next_page_token();
  ASSERT_FALSE(token.empty());
  const std::string with_token = "page_token: '" + token + "' ";
  EXPECT_EQ(list(filter + with_token)->tenants_size(), 1) << "another page size is no other list";
  EXPECT_EQ(list(filter + with_token + "order_by: CREATE_TIME_DESC")->tenants_size(), 1) << "the default, said aloud";
  for (const std::string& other :
       {with_token, filter + with_token + "order_by: NAME_DESC", with_token + "filter {name_contains: 'paged'}",
        with_token + "filter {name_contains: 'Paged' states: ACTIVE}"}) {
    EXPECT_EQ(FirstField(list(other).status()), "page_token") << other;
  }
  const auto mine = MustCreate("Other list");
  EXPECT_EQ(FirstField(CallApi(domain_api_, &domain::DomainApi::ListDomains, OwnerOf(mine),
                               with_token + "tenant_id: '" + mine.tenant().tenant_id() + "'")
                           .status()),
            "page_token");
  EXPECT_EQ(FirstField(CallApi(key_api_, &identity::ApiKeyApi::ListApiKeys, OwnerOf(mine),
                               with_token + "tenant_id: '" + mine.tenant().tenant_id() + "'")
                           .status()),
            "page_token");
}

TEST_F(ApiTest, BoundsPageSizesAndReasons) {
  for (const char* size : {"-1", "1001"}) {
    EXPECT_EQ(
        FirstField(CallApi(tenant_api_, &TenantApi::ListTenants, PlatformPrincipal(), std::string("page_size: ") + size)
                       .status()),
        "page_size");
  }
  EXPECT_TRUE(CallApi(tenant_api_, &TenantApi::ListTenants, PlatformPrincipal(), "page_size: 1000").ok());
  const std::string id = "tenant_id: '" + MustCreate("Bounds").tenant().tenant_id() + "' ";
  for (const std::string& reason : {std::string(501, 'r'), std::string("a\\nb")}) {
    EXPECT_EQ(
        FirstField(CallApi(tenant_api_, &TenantApi::SuspendTenant, PlatformPrincipal(), id + "reason: '" + reason + "'")
                       .status()),
        "reason");
  }
  EXPECT_TRUE(CallApi(tenant_api_, &TenantApi::SuspendTenant, PlatformPrincipal(),
                      id + "reason: '" + std::string(500, 'r') + "'")
                  .ok());
}

TEST_F(ApiTest, IssuesListsAndRevokesKeys) {
  const auto mine = MustCreate("Keys");
  const std::string id = "tenant_id: '" + mine.tenant().tenant_id() + "' ";
  const rpc::Principal by = OwnerOf(mine);
  const auto issued =
      CallApi(key_api_, &identity::ApiKeyApi::CreateApiKey, by, id + "display_name: 'Till' scopes: 'tenant:read'");
  ASSERT_TRUE(issued.ok()) << issued.status();
  EXPECT_TRUE(issued->secret().starts_with(issued->api_key().prefix()));
  EXPECT_THAT(change_->after, Not(HasSubstr(issued->secret())));

  std::set<std::string> seen;
  std::string token;
  do {
    const auto page =
        CallApi(key_api_, &identity::ApiKeyApi::ListApiKeys, by, id + "page_size: 1 page_token: '" + token + "'");
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& key : page->api_keys()) EXPECT_TRUE(seen.insert(key.api_key_id()).second);
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_EQ(seen.size(), 2u);

  const std::string revoke = id + "api_key_id: '" + issued->api_key().api_key_id() + "'";
  const auto revoked = CallApi(key_api_, &identity::ApiKeyApi::RevokeApiKey, by, revoke);
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_TRUE(revoked->has_revoke_time());
  EXPECT_EQ(CallApi(key_api_, &identity::ApiKeyApi::RevokeApiKey, by, revoke)->SerializeAsString(),
            revoked->SerializeAsString());
  EXPECT_EQ(CallApi(key_api_, &identity::ApiKeyApi::ListApiKeys, by, id)->api_keys_size(), 1);
  EXPECT_EQ(CallApi(key_api_, &identity::ApiKeyApi::ListApiKeys, by, id + "include_revoked: true")->api_keys_size(), 2);
}

TEST_F(ApiTest, GivesNoKeyToAnArchivedTenant) {
  const std::string id = "tenant_id: '" + MustCreate("Gone").tenant().tenant_id() + "' ";
  ASSERT_TRUE(CallApi(tenant_api_, &TenantApi::SuspendTenant, PlatformPrincipal(), id).ok());
  EXPECT_TRUE(
      CallApi(key_api_, &identity::ApiKeyApi::CreateApiKey, PlatformPrincipal(), id + "scopes: 'tenant:read'").ok());
  ASSERT_TRUE(CallApi(tenant_api_, &TenantApi::ArchiveTenant, PlatformPrincipal(), id).ok());
  EXPECT_EQ(status::Reason(
                CallApi(key_api_, &identity::ApiKeyApi::CreateApiKey, PlatformPrincipal(), id + "scopes: 'tenant:read'")
                    .status()),
            "TENANT_ARCHIVED");
}

}  // namespace
}  // namespace smallbiznis::tenant
