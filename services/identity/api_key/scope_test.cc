#include "services/identity/api_key/scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/identity/api_key/api_keys.h"

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

std::vector<std::string> FieldsAtFault(const NewApiKey& draft) {
  std::vector<std::string> fields;
  for (const auto& violation : Violations(draft, absl::FromUnixSeconds(1000))) fields.push_back(violation.field);
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
  EXPECT_THAT(FieldsAtFault({TenantId(7), std::string(100, 'n'), scopes}), IsEmpty());
  scopes.push_back("one:more");
  EXPECT_THAT(FieldsAtFault({TenantId(7), std::string(101, 'n'), scopes}), ElementsAre("display_name", "scopes"));
}

}  // namespace
}  // namespace smallbiznis::identity
