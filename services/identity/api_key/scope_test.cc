#include "services/identity/api_key/scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/identity/api_key/testing.h"

namespace smallbiznis::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ScopeTest, HasOneForm) {
  for (const char* scope : {"*", "tenant:*", "tenant:read", "api_key:create"}) EXPECT_TRUE(IsScope(scope)) << scope;
  for (const std::string& scope :
       {std::string(), std::string("tenant"), std::string("tenant:"), std::string(":read"), std::string("*:read"),
        std::string("*:*"), std::string("tenant:read:all"), std::string("Tenant:read"), std::string("tenant:re ad"),
        std::string("tenant:read\n"), std::string("tenant:**"), std::string("tenant1:read"), std::string("**"),
        std::string("a:") + std::string(99, 'b')}) {
    EXPECT_FALSE(IsScope(scope)) << scope;
  }
}

TEST(ScopeTest, CoversNoMoreThanIsHeld) {
  const struct {
    std::vector<std::string> held;
    const char* scope;
    bool covers;
  } cases[] = {
      {{}, "tenant:read", false},
      {{"tenant:read"}, "tenant:read", true},
      {{"tenant:read"}, "tenant:*", false},
      {{"tenant:read"}, "*", false},
      {{"tenant:read"}, "tenant:update", false},
      {{"tenant:*"}, "tenant:read", true},
      {{"tenant:*"}, "tenant:*", true},
      {{"tenant:*"}, "tenants:read", false},
      {{"tenant:*"}, "tena:read", false},
      {{"tenant:*"}, "*", false},
      {{"tenant:*", "domain:read"}, "domain:read", true},
      {{"*"}, "*", true},
      {{"*"}, "tenant:*", true},
      {{"*"}, "tenant:read", true},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Covers(c.held, c.scope), c.covers) << testing::PrintToString(c.held) << " " << c.scope;
  }
}

std::vector<std::string> FieldsAtFault(const NewApiKey& draft, const KnownScopes& known = kKnown) {
  std::vector<std::string> fields;
  for (const auto& violation : Violations(draft, known, absl::FromUnixSeconds(1000))) fields.push_back(violation.field);
  return fields;
}

TEST(NewApiKeyTest, NamesEveryFieldAtFault) {
  const TenantId tenant(7);
  EXPECT_THAT(FieldsAtFault({tenant, "", {"*"}}), IsEmpty());
  EXPECT_THAT(FieldsAtFault({tenant, "Kasir ☕", {"*"}, absl::FromUnixSeconds(1001)}), IsEmpty());
  EXPECT_THAT(FieldsAtFault({tenant, "", {}}), ElementsAre("scopes"));
  EXPECT_THAT(FieldsAtFault({tenant, "", {"*", "nonsense", "*"}}), ElementsAre("scopes[1]", "scopes[2]"));
  EXPECT_THAT(FieldsAtFault({tenant, "a\nb", {"x"}, absl::FromUnixSeconds(1000)}),
              ElementsAre("display_name", "scopes[0]", "expire_time"));
}

TEST(NewApiKeyTest, BoundsNameAndScopes) {
  std::vector<std::string> scopes;
  for (char a = 'a'; a <= 'z'; ++a) {
    for (char b = 'a'; b <= 'b'; ++b) scopes.push_back(std::string("o:") + a + b);
  }
  scopes.resize(50);
  const KnownScopes known(scopes.begin(), scopes.end());
  EXPECT_THAT(FieldsAtFault({TenantId(7), std::string(100, 'n'), scopes}, known), IsEmpty());
  scopes.push_back("one:more");
  EXPECT_THAT(FieldsAtFault({TenantId(7), std::string(101, 'n'), scopes}), ElementsAre("display_name", "scopes"));
}

TEST(NewApiKeyTest, GivesAKindWhatItMayHave) {
  const TenantId tenant(7);
  const auto draft = [&](KeyKind kind, std::vector<std::string> scopes, std::vector<std::string> origins = {}) {
    return NewApiKey{.tenant = tenant, .scopes = scopes, .kind = kind, .allowed_origins = origins};
  };
  using enum KeyKind;
  const std::vector<std::string> shop = {"https://shop.example"};
  EXPECT_THAT(FieldsAtFault(draft(kServer, {"tenant:update", "tenant:*"})), IsEmpty());
  EXPECT_THAT(FieldsAtFault(draft(kServer, {"tenant:rule"})), ElementsAre("scopes[0]")) << "nobody asks for it";
  EXPECT_THAT(FieldsAtFault(draft(kServer, {"tenan:*"})), ElementsAre("scopes[0]"));
  EXPECT_THAT(FieldsAtFault(draft(kServer, {"*"}, shop)), ElementsAre("allowed_origins"));
  EXPECT_THAT(FieldsAtFault(draft(kPublishable, {"tenant:read", "rule:evaluate"}, shop)), IsEmpty());
  EXPECT_THAT(FieldsAtFault(draft(kPublishable, {"tenant:read", "tenant:update"})), ElementsAre("scopes[1]"));
  EXPECT_THAT(FieldsAtFault(draft(kPublishable, {"*"})), ElementsAre("scopes[0]"));
  EXPECT_THAT(FieldsAtFault(draft(kPublishable, {"tenant:*"})), ElementsAre("scopes[0]"));
  EXPECT_THAT(FieldsAtFault(draft(kWebhook, {})), IsEmpty());
  EXPECT_THAT(FieldsAtFault(draft(kWebhook, {"tenant:read"})), ElementsAre("scopes"));
  EXPECT_THAT(FieldsAtFault(draft(kPublishable, {"tenant:read"},
                                  {"http://localhost:3000", "https://shop.example/", "https://Shop.example",
                                   "shop.example", "https://", "*", "null"})),
              ElementsAre("allowed_origins[1]", "allowed_origins[2]", "allowed_origins[3]", "allowed_origins[4]",
                          "allowed_origins[5]", "allowed_origins[6]"));
  EXPECT_THAT(FieldsAtFault(draft(kPublishable, {"tenant:read"}, std::vector<std::string>(21, shop[0]))),
              ElementsAre("allowed_origins"));
}

TEST(NewApiKeyTest, BoundsTheRate) {
  for (const int64_t rate : {int64_t{1}, int64_t{1'000'000}}) {
    EXPECT_THAT(FieldsAtFault({.tenant = TenantId(7), .scopes = {"*"}, .requests_per_minute = rate}), IsEmpty());
  }
  for (const int64_t rate : {int64_t{-1}, int64_t{0}, int64_t{1'000'001}}) {
    EXPECT_THAT(FieldsAtFault({.tenant = TenantId(7), .scopes = {"*"}, .requests_per_minute = rate}),
                ElementsAre("requests_per_minute"));
  }
}

}  // namespace
}  // namespace smallbiznis::identity
