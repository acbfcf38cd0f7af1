// Every kind of model.
#include "pkg/casbin/enforcer.h"

#include "pkg/casbin/testing.h"
#include "pkg/clock/clock.h"

namespace smallbiznis::casbin {
namespace {

using testing::ElementsAre;

TEST(EnforcerTest, AccessControlList) {
  const auto enforcer = Make(AclModel(), "p, alice, data1, read\np, bob, data2, write\n");
  EXPECT_EQ(Ask(*enforcer, {"alice", "data1", "read"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"alice", "data1", "write"}), "deny");
  EXPECT_EQ(Ask(*enforcer, {"bob", "data1", "read"}), "deny");
  EXPECT_EQ(Ask(*enforcer, {"mallory", "data1", "read"}), "deny");
  EXPECT_TRUE(enforcer->Enforce({"bob", "data2", "write"})->allowed);
  EXPECT_FALSE(enforcer->Enforce({"bob", "data2", "read"})->allowed);
}

TEST(EnforcerTest, SuperuserIsAllowedWithoutARule) {
  const auto enforcer =
      Make(AclModel("r.sub == p.sub && r.obj == p.obj || r.sub == \"root\""), "p, alice, data1, read");
  EXPECT_EQ(Ask(*enforcer, {"alice", "data1", "any"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"root", "anything", "any"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"bob", "data1", "any"}), "deny");
}

TEST(EnforcerTest, RolesOfRoles) {
  const auto enforcer = Make(RbacModel(), "p, reader, data1, read\ng, alice, editor\ng, editor, reader\n");
  EXPECT_EQ(Ask(*enforcer, {"alice", "data1", "read"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"editor", "data1", "read"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"bob", "data1", "read"}), "deny");
}

TEST(EnforcerTest, RolesInACircleEnd) {
  const auto enforcer = Make(RbacModel(), "p, c, data1, read\ng, a, b\ng, b, c\ng, c, a\ng, b, b\n");
  EXPECT_EQ(Ask(*enforcer, {"a", "data1", "read"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"a", "data2", "read"}), "deny");
}

TEST(EnforcerTest, RolesReachTenLinksFar) {
  std::string policy = "p, role10, data1, read\np, role11, data2, read\n";
  for (int i = 0; i < 11; ++i) policy += fmt::format("g, role{}, role{}\n", i, i + 1);
  const auto enforcer = Make(RbacModel(), policy);
  EXPECT_EQ(Ask(*enforcer, {"role0", "data1", "read"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"role0", "data2", "read"}), "deny");
}

TEST(EnforcerTest, RolesOfOneDomainAreNotThoseOfAnother) {
  const auto enforcer = Make(DomainModel(),
                             "p, admin, shop1, data, read\np, admin, shop2, data, read\n"
                             "g, alice, admin, shop1\ng, bob, admin, shop2\n");
  EXPECT_EQ(Ask(*enforcer, {"alice", "shop1", "data", "read"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"alice", "shop2", "data", "read"}), "deny");
  EXPECT_EQ(Ask(*enforcer, {"bob", "shop2", "data", "read"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"bob", "shop3", "data", "read"}), "deny");
}

TEST(EnforcerTest, DomainTakenFromTheRule) {
  const auto enforcer = Make(ModelText("sub, dom, obj", "sub, dom, obj", "g = _, _, _", kAllowOverride,
                                       "g(r.sub, p.sub, p.dom) && r.dom == p.dom && r.obj == p.obj"),
                             "p, admin, shop1, data\ng, alice, admin, shop1\ng, bob, admin, shop2\n");
  EXPECT_EQ(Ask(*enforcer, {"alice", "shop1", "data"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"bob", "shop1", "data"}), "deny");
}

TEST(EnforcerTest, RolesOfResources) {
  const auto enforcer = Make(ModelText("sub, obj, act", "sub, obj, act", "g = _, _\ng2 = _, _", kAllowOverride,
                                       "g(r.sub, p.sub) && g2(r.obj, p.obj) && r.act == p.act"),
                             "p, editor, books, write\ng, alice, editor\ng2, book1, books\n");
  EXPECT_EQ(Ask(*enforcer, {"alice", "book1", "write"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"alice", "pen1", "write"}), "deny");
  EXPECT_EQ(Ask(*enforcer, {"bob", "book1", "write"}), "deny");
}

TEST(EnforcerTest, RoleAndDomainPatterns) {
  Options options;
  options.role_matching["g2"] = BuiltInMatching("keyMatch2");
  options.domain_matching["g"] = BuiltInMatching("keyMatch");
  const auto enforcer =
      Make(ModelText("sub, dom, obj", "sub, obj", "g = _, _, _\ng2 = _, _", kAllowOverride,
                     "g(r.sub, p.sub, r.dom) && g2(r.obj, p.obj)"),
           "p, admin, books\ng, alice, admin, *\ng, bob, admin, shop1\ng2, /book/:id, books\n", std::move(options));
  EXPECT_EQ(Ask(*enforcer, {"alice", "shop7", "/book/1"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"bob", "shop7", "/book/1"}), "deny");
  EXPECT_EQ(Ask(*enforcer, {"bob", "shop1", "/book/1"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"alice", "shop7", "/pen/1"}), "deny");
}

TEST(EnforcerTest, TimedRoles) {
  absl::Time now;
  std::string error;
  ASSERT_TRUE(absl::ParseTime("%Y-%m-%d", "2026-06-15", &now, &error));
  clock::FakeClock clock(now);
  Options options;
  options.link_conditions["g"] = TimeMatch(clock);
  const auto enforcer = Make(ModelText("sub, obj, act", "sub, obj, act", "g = _, _, (_, _)", kAllowOverride,
                                       "g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act"),
                             "p, helper, data, read\ng, alice, helper, 2026-06-01 00:00:00, 2026-07-01 00:00:00\n"
                             "g, bob, helper, _, 2026-06-01 00:00:00\ng, carol, helper, soon, _\n",
                             std::move(options));
  EXPECT_EQ(Ask(*enforcer, {"alice", "data", "read"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"bob", "data", "read"}), "deny");
  EXPECT_EQ(Ask(*enforcer, {"carol", "data", "read"}), "deny");  // a condition that fails does not hold
  clock.Advance(absl::Hours(24 * 30));
  EXPECT_EQ(Ask(*enforcer, {"alice", "data", "read"}), "deny");
}

struct EffectCase {
  std::string_view effect;
  std::string_view policy;
  std::string_view decision;
};

TEST(EnforcerTest, Effects) {
  const EffectCase cases[] = {
      {"some(where (p.eft == allow))", "p, a, x, deny\np, a, x, allow", "allow"},
      {"some(where (p.eft == allow))", "p, a, x, deny\np, a, x, perhaps", "deny"},
      {"!some(where (p.eft == deny))", "p, b, x, deny", "allow"},
      {"!some(where (p.eft == deny))", "p, a, x, allow\np, a, x, deny", "deny"},
      {"some(where (p.eft == allow)) && !some(where (p.eft == deny))", "p, a, x, allow\np, a, x, deny", "deny"},
      {"some(where (p.eft == allow)) && !some(where (p.eft == deny))", "p, a, x, allow\np, b, x, deny", "allow"},
      {"some(where (p.eft == allow)) && !some(where (p.eft == deny))", "p, b, x, allow", "deny"},
      {"priority(p.eft) || deny", "p, a, x, perhaps\np, a, x, deny\np, a, x, allow", "deny"},
      {"priority(p.eft) || deny", "p, a, x, allow\np, a, x, deny", "allow"},
      {"priority(p.eft) || deny", "p, b, x, allow", "deny"},
  };
  for (const auto& [effect, policy, decision] : cases) {
    const auto enforcer =
        Make(ModelText("sub, obj", "sub, obj, eft", "", effect, "r.sub == p.sub && r.obj == p.obj"), policy);
    EXPECT_EQ(Ask(*enforcer, {"a", "x"}), decision) << effect << ": " << policy;
  }
}

TEST(EnforcerTest, ExplicitPriorityOrdersTheRules) {
  const auto enforcer = Make(ModelText("sub, obj", "priority, sub, obj, eft", "", "priority(p.eft) || deny",
                                       "r.sub == p.sub && r.obj == p.obj"),
                             "p, 10, a, x, deny\np, 2, a, x, allow\np, 1, a, y, deny\np, 3, a, y, allow\n");
  EXPECT_EQ(Ask(*enforcer, {"a", "x"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"a", "y"}), "deny");
}

TEST(EnforcerTest, SubjectsComeBeforeTheirRoles) {
  const auto enforcer = Make(ModelText("sub, obj", "sub, obj, eft", "g = _, _", "subjectPriority(p.eft) || deny",
                                       "g(r.sub, p.sub) && r.obj == p.obj"),
                             "p, root, x, deny\np, editor, x, deny\np, alice, x, allow\n"
                             "g, editor, root\ng, alice, editor\ng, bob, editor\n");
  EXPECT_EQ(Ask(*enforcer, {"alice", "x"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"bob", "x"}), "deny");
}

TEST(EnforcerTest, AttributesOfTheRequest) {
  const auto enforcer = Make(AclModel("r.sub.Age >= 18 && r.sub.Name == r.obj.Owner && 'staff' in r.sub.Tags"), "");
  const Value owner = Value::Object{{"Age", 30}, {"Name", "alice"}, {"Tags", Value::Array{"staff", 1}}};
  const Value child = Value::Object{{"Age", 12}, {"Name", "alice"}, {"Tags", Value::Array{"staff"}}};
  const Value thing = Value::Object{{"Owner", "alice"}};
  EXPECT_EQ(Ask(*enforcer, {owner, thing, "read"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {child, thing, "read"}), "deny");
  EXPECT_EQ(Ask(*enforcer, {owner, *Value::FromJson(R"({"Owner": "bob"})"), "read"}), "deny");
}

TEST(EnforcerTest, JsonRequests) {
  Options options;
  options.json_requests = true;
  const auto enforcer = Make(AclModel("r.sub == r.obj.Owner"), "", std::move(options));
  EXPECT_TRUE(enforcer->Enforce({"alice", R"({"Owner": "alice"})", "read"})->allowed);
  EXPECT_FALSE(enforcer->Enforce({"bob", R"({"Owner": "alice"})", "read"})->allowed);
}

TEST(EnforcerTest, RulesThatAreEvaluated) {
  const auto enforcer =
      Make(ModelText("sub, obj, act", "rule, obj, act", "", kAllowOverride,
                     "eval(p.rule) && r.obj == p.obj && r.act == p.act"),
           "p, r.sub.Age > 18, data1, read\np, r.sub.Age < 60 && r.sub.Name == 'bob', data2, write\n");
  const Value alice = Value::Object{{"Age", 20}, {"Name", "alice"}};
  const Value bob = Value::Object{{"Age", 30}, {"Name", "bob"}};
  EXPECT_EQ(Ask(*enforcer, {alice, "data1", "read"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {alice, "data2", "write"}), "deny");
  EXPECT_EQ(Ask(*enforcer, {bob, "data2", "write"}), "allow");
}

TEST(EnforcerTest, CustomFunctions) {
  Options options;
  options.functions["longer"] = [](std::span<const Value> arguments) -> absl::StatusOr<Value> {
    if (arguments.size() != 2) return absl::InvalidArgumentError("takes two texts");
    return Value(std::get<std::string>(arguments[0].data()).size() > std::get<std::string>(arguments[1].data()).size());
  };
  const auto enforcer = Make(AclModel("longer(r.sub, p.sub) && r.obj == p.obj"), "p, bob, x, read", std::move(options));
  EXPECT_EQ(Ask(*enforcer, {"alice", "x", "read"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"al", "x", "read"}), "deny");
}

TEST(EnforcerTest, MoreThanOneSection) {
  const auto enforcer = Make(
      "[request_definition]\nr = sub, obj\nr2 = sub\n[policy_definition]\np = sub, obj\np2 = sub, eft\n"
      "[role_definition]\ng = _, _\n[policy_effect]\ne = some(where (p.eft == allow))\ne2 = priority(p.eft) || deny\n"
      "[matchers]\nm = g(r.sub, p.sub) && r.obj == p.obj\nm2 = g(r2.sub, p2.sub)\n",
      "p, reader, data\np2, reader, deny\np2, alice, allow\ng, alice, reader\n");
  EXPECT_EQ(Ask(*enforcer, {"alice", "data"}), "allow");
  const Sections second{"r2", "p2", "e2", "m2"};
  EXPECT_EQ(Ask(*enforcer, {"alice"}, second), "deny");
  EXPECT_EQ(Ask(*enforcer, {"alice"}, {"r9", "p", "e", "m"}), "the model has no definition r9");
}

TEST(EnforcerTest, ModelWithoutSpacesInLinesAndWithComments) {
  const auto enforcer = Make(
      "# a model\n[request_definition]\nr=sub,obj ; the request\n[policy_definition]\np=sub,obj\n"
      "[policy_effect]\ne = some(where (p.eft == allow)) # enough\n"
      "[matchers]\nm = r.sub == p.sub && \\\n  r.obj in ['x', 'y'] \\\n  && r.obj == p.obj\n",
      "p, alice, x\n\n  # a comment\np,\"alice\",\"z\"\n");
  EXPECT_EQ(Ask(*enforcer, {"alice", "x"}), "allow");
  EXPECT_EQ(Ask(*enforcer, {"alice", "z"}), "deny");
}

TEST(EnforcerTest, QuotedFields) {
  const auto enforcer = Make(AclModel(), "p, \"a, b\", \"say \"\"x\"\"\", read \n");
  EXPECT_EQ(Ask(*enforcer, {"a, b", "say \"x\"", "read"}), "allow");
}

TEST(EnforcerTest, RulesAreListedOnceEach) {
  const auto enforcer = Make(RbacModel(), "g, alice, reader\np, reader, x, read\n\np, reader, x, read\n");
  EXPECT_THAT(enforcer->rules(), ElementsAre(Rule{"p", {"reader", "x", "read"}}, Rule{"g", {"alice", "reader"}}));
  EXPECT_EQ(enforcer->rules()[0].line, 2u);
}

}  // namespace
}  // namespace smallbiznis::casbin
