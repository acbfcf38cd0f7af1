#include "services/access/policy.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/status/status.h"
#include "services/access/shipped.h"

namespace smallbiznis::access {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

std::shared_ptr<const Policy> Shipped() {
  casbin::TextAdapter rules(ShippedPolicy());
  auto policy = Policy::Make(ShippedModel(), rules);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return *policy;
}

bool Allows(const Policy& policy, const Question& question) {
  const auto explanation = policy.Ask(question);
  EXPECT_TRUE(explanation.ok()) << explanation.status();
  return explanation->allowed;
}

TEST(PolicyTest, WhatTheShippedRolesGive) {
  const std::shared_ptr<const Policy> policy = Shipped();
  const struct {
    Question question;
    bool allowed;
  } cases[] = {
      {{"viewer", "7", "tenant", "read"}, true},
      {{"viewer", "7", "tenant", "update"}, false},
      {{"viewer", "7", "access", "read"}, false},
      {{"staff", "7", "tenant", "read"}, true},
      {{"staff", "7", "access", "read"}, true},
      {{"staff", "7", "api_key", "read"}, false},
      {{"admin", "7", "tenant", "update"}, true},
      {{"admin", "7", "domain", "anything"}, true},
      {{"admin", "7", "api_key", "create"}, true},
      {{"admin", "7", "audit", "read"}, true},
      {{"admin", "7", "audit", "export"}, false},
      {{"admin", "7", "access", "manage"}, false},
      {{"owner", "7", "access", "manage"}, true},
      {{"owner", "7", "what", "ever"}, true},
      {{"owner", "platform", "tenant", "read"}, false},
      {{"viewer", "platform", "tenant", "read"}, false},
      {{"platform_admin", "platform", "queue", "manage"}, true},
      {{"platform_admin", "7", "tenant", "read"}, false},
      {{"nobody", "7", "tenant", "read"}, false},
      {{"", "7", "tenant", "read"}, false},
      {{"*", "7", "tenant", "read"}, false},
      // Whether everything is given.
      {{"owner", "7", "*", "*"}, true},
      {{"admin", "7", "api_key", "*"}, true},
      {{"admin", "7", "audit", "*"}, false},
      {{"viewer", "7", "*", "*"}, false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Allows(*policy, c.question), c.allowed)
        << fmt::format("{} {} {} {}", c.question.role, c.question.tenant, c.question.object, c.question.action);
  }
}

TEST(PolicyTest, RolesOfATenantAreOfThatTenant) {
  const CustomRole cashier{.tenant = TenantId(7), .name = "cashier", .permissions = {"tenant:read", "domain:*"}};
  const auto policy = Shipped()->With({&cashier, 1});
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_TRUE(Allows(**policy, {"cashier", "7", "tenant", "read"}));
  EXPECT_TRUE(Allows(**policy, {"cashier", "7", "domain", "verify"}));
  EXPECT_FALSE(Allows(**policy, {"cashier", "7", "tenant", "update"}));
  EXPECT_FALSE(Allows(**policy, {"cashier", "8", "tenant", "read"}));
  EXPECT_FALSE(Allows(**policy, {"cashier", "platform", "tenant", "read"}));
  EXPECT_TRUE(Allows(**policy, {"owner", "7", "tenant", "read"})) << "the roles of the policy stay";
  EXPECT_TRUE((*policy)->HasRole("cashier"));
  EXPECT_FALSE(Shipped()->HasRole("cashier"));
}

TEST(PolicyTest, SaysWhichRuleAndByWhichRoles) {
  const auto explanation = Shipped()->Ask({"owner", "7", "tenant", "read"});
  ASSERT_TRUE(explanation.ok() && explanation->rule) << explanation.status();
  const auto by_admin = Shipped()->Ask({"admin", "7", "tenant", "read"});
  ASSERT_TRUE(by_admin.ok() && by_admin->rule) << by_admin.status();
  EXPECT_THAT(by_admin->rule->values, ::testing::ElementsAre("viewer", "*", "tenant", "read"));
  EXPECT_EQ(by_admin->rule->line, 2u);
  ASSERT_EQ(by_admin->roles.size(), 1u);
  EXPECT_THAT(by_admin->roles[0].names, ::testing::ElementsAre("admin", "staff", "viewer"));
}

TEST(PolicyTest, RefusesWhatMakesNoSense) {
  casbin::TextAdapter rules(ShippedPolicy());
  EXPECT_EQ(status::Reason(Policy::Make("nonsense", rules).status()), "CASBIN_MODEL");
  const std::string three = R"([request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub == p.sub && r.obj == p.obj && r.act == p.act)";
  casbin::TextAdapter none("");
  EXPECT_EQ(status::Reason(Policy::Make(three, none).status()), "CASBIN_REQUEST");
  casbin::TextAdapter unknown("q, a, b, c, d");
  const absl::Status status = Policy::Make(ShippedModel(), unknown).status();
  EXPECT_EQ(status::Reason(status), "CASBIN_POLICY");
  EXPECT_THAT(std::string(status.message()), HasSubstr("line 1"));
}

TEST(PolicyTest, AFileThatIsNotThereIsAnError) {
  EXPECT_FALSE(FileSource({.model = "", .policy = "/no/such/file"})->Read().ok());
  EXPECT_FALSE(FileSource({.model = "/no/such/file", .policy = ""})->Read().ok());
  const auto shipped = FileSource({})->Read();
  ASSERT_TRUE(shipped.ok()) << shipped.status();
  EXPECT_THAT((*shipped)->roles(), Contains("platform_admin"));
  EXPECT_EQ(status::Reason(FileSource({})->Replacement("").status()), "POLICY_NOT_IN_DATABASE");
}

}  // namespace
}  // namespace smallbiznis::access
