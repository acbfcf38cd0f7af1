// What is refused, and with which words. An error never allows.
#include "pkg/casbin/testing.h"

namespace smallbiznis::casbin {
namespace {

TEST(ModelRefusalTest, NamesTheLineOrTheSection) {
  EXPECT_EQ(ModelRefusal("[request_definition]\nr = sub\n[policy_definition\np = sub\n"),
            "CASBIN_MODEL: model line 3: neither [section] nor key = value: [policy_definition");
  EXPECT_EQ(ModelRefusal("[request_definition]\nr = sub\n[matchers]\nm = true\n"),
            "CASBIN_MODEL: the model has no [policy_definition], [policy_effect]");
  EXPECT_EQ(ModelRefusal(ModelText("sub", "sub", "", "some(where (p.eft == allowed))", "true")),
            "CASBIN_MODEL: [policy_effect] e: not an effect of Casbin: some(where (p.eft == allowed))");
  EXPECT_EQ(ModelRefusal(ModelText("sub", "sub", "g = _", kAllowOverride, "true")),
            "CASBIN_MODEL: [role_definition] g: a role definition has at least two columns: _, _");
}

struct MatcherCase {
  std::string_view matcher;
  std::string_view message;
};

TEST(ModelRefusalTest, NamesTheColumnOfTheMatcher) {
  const MatcherCase cases[] = {
      {"r.sub == p.sub && nope(r.obj)", "column 19: there is no function nope"},
      {"r.sub == p.nope", "column 10: p_nope is no field of r or p"},
      {"g(r.sub) && true", "column 1: g takes 2 or 3 arguments, not 1"},
      {"keyMatch('a', p.obj, 'c')", "column 1: keyMatch takes 2 arguments, not 3"},
      {"r.sub ==", "column 9: the expression breaks off"},
      {"(r.sub == p.sub", "column 16: a bracket is not closed"},
      {"r.sub == p.sub)", "column 15: a bracket that was not opened"},
      {"r.sub === p.sub", "column 7: === is no operator"},
      {"r.sub == 'x", "column 10: a string that is not closed"},
      {"r.sub p.sub", "column 7: p_sub cannot stand here"},
      {"(r.sub == p.sub) r.obj", "column 18: r_obj cannot stand here"},
      {"r.obj =~ '['", "column 10: malformed pattern [: missing ]: ["},
      {"r.sub.Owner('x')", "column 1: r_sub.Owner: attributes cannot be called"},
      {"1.2.3 == 1", "column 1: a malformed number"},
  };
  for (const auto& [matcher, message] : cases) {
    EXPECT_EQ(ModelRefusal(ModelText("sub, obj, act", "sub, obj, act", "g = _, _", kAllowOverride, matcher)),
              fmt::format("CASBIN_MODEL: [matchers] m: {}", message))
        << matcher;
  }
}

TEST(ModelRefusalTest, DeepAndLongMatchersDoNotOverflow) {
  EXPECT_THAT(ModelRefusal(AclModel(std::string(5000, '(') + "true" + std::string(5000, ')'))),
              testing::HasSubstr("too"));
  std::string chain = "true";
  for (int i = 0; i < 100'000; ++i) chain += " && true";
  EXPECT_THAT(ModelRefusal(AclModel(chain)), testing::HasSubstr("the expression is too long"));
}

TEST(ModelRefusalTest, OptionsThatDoNotFit) {
  Options taken;
  taken.functions["keyMatch"] = [](std::span<const Value>) -> absl::StatusOr<Value> { return Value(true); };
  EXPECT_EQ(ModelRefusal(AclModel(), taken), "CASBIN_MODEL: the function keyMatch is built in");
  Options missing;
  missing.role_matching["g3"] = BuiltInMatching("keyMatch");
  EXPECT_EQ(ModelRefusal(RbacModel(), missing), "CASBIN_MODEL: [role_definition] has no g3");
  EXPECT_FALSE(BuiltInMatching("nope"));
}

TEST(PolicyRefusalTest, NamesTheLine) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"p, alice, data1, read\np, bob\n", "policy line 2: p has 3 columns (sub, obj, act), not 1"},
      {"# first\n\nq, bob, data1, read\n", "policy line 3: the model has no definition q"},
      {"g, alice\n", "policy line 1: g has at least 2 columns, not 1"},
      {"p, \"alice, data1, read\n", "policy line 1: column 2: a quote that is not closed"},
      {"p, \"alice\" x, data1, read\n", "policy line 1: column 2: text after the closing quote"},
      {"p, alice, da\"ta1, read\n", "policy line 1: column 3: a quote inside a field without quotes"},
  };
  for (const auto& [policy, message] : cases) {
    const auto enforcer = Make(RbacModel(), "p, alice, kept, read\n");
    EXPECT_EQ(Refusal(LoadText(*enforcer, policy)), fmt::format("CASBIN_POLICY: {}", message));
    EXPECT_EQ(Ask(*enforcer, {"alice", "kept", "read"}), "allow") << "the old policy stays";
  }
}

TEST(PolicyRefusalTest, OrdersThatAreNone) {
  const auto priority =
      *Enforcer::Create(ModelText("sub", "priority, sub, eft", "", "priority(p.eft) || deny", "r.sub == p.sub"));
  EXPECT_EQ(Refusal(LoadText(*priority, "p, 1, a, allow\np, high, a, deny\n")),
            "CASBIN_POLICY: policy line 2: the priority high is not a whole number");
  const auto subjects =
      *Enforcer::Create(ModelText("sub", "sub, eft", "g = _, _", "subjectPriority(p.eft) || deny", "g(r.sub, p.sub)"));
  EXPECT_EQ(Refusal(LoadText(*subjects, "p, a, allow\ng, a, b\ng, b, a\n")),
            "CASBIN_POLICY: a is its own role: subjects have no order");
}

TEST(PolicyRefusalTest, FileThatIsNotThere) {
  const auto enforcer = Make(AclModel(), "");
  FileAdapter adapter("/nowhere/policy.csv");
  EXPECT_EQ(Refusal(enforcer->Load(adapter)), "CASBIN_POLICY: policy file /nowhere/policy.csv cannot be read");
}

TEST(RequestRefusalTest, WrongNumberOfFields) {
  const auto enforcer = Make(AclModel(), "p, alice, data1, read");
  EXPECT_EQ(Ask(*enforcer, {"alice", "data1"}), "the request has 2 fields, r has 3");
  EXPECT_EQ(Refusal(enforcer->Enforce({"alice"}).status()), "CASBIN_REQUEST: the request has 1 fields, r has 3");
  EXPECT_FALSE(Value::FromJson("{").ok());
}

struct RequestCase {
  std::string_view matcher;
  Value object;
  std::string_view message;
};

TEST(MatcherErrorTest, DeniesWithTheReason) {
  const RequestCase cases[] = {
      {"regexMatch(r.obj, p.obj)", "x", "regexMatch: malformed pattern [: missing ]: ["},
      {"ipMatch(r.obj, '10.0.0.0/8')", "home", "ipMatch: home is not an IP address"},
      {"keyMatch(r.obj, p.obj)", 3, "keyMatch: the value 3 is not a text"},
      {"g(r.obj, p.sub)", true, "the value true cannot be a role: it is not a text"},
      {"r.obj.Owner == 'x'", "x", "r_obj has no attribute Owner: it is not an object"},
      {"r.obj.Owner == 'x'", Value::Object{{"Name", "y"}}, "r_obj has no attribute Owner"},
      {"r.obj > 3", "x", "the value x cannot be used with a comparison: it is not a number, nor are both texts"},
      {"r.obj && true", "x", "the value x cannot be used with &&: it is neither true nor false"},
      {"r.obj", "x", "the matcher gives x: neither true nor false"},
      {"eval(r.obj)", "1 +", "eval of 1 +: column 4: the expression breaks off"},
      {"eval(r.obj)", "eval(r.obj)", "eval: rules that evaluate rules, too deeply"},
      {"globMatch(r.obj, '{a')", "x", "globMatch: malformed pattern of globMatch"},
  };
  for (const auto& [matcher, object, message] : cases) {
    const auto enforcer = Make(ModelText("sub, obj, act", "sub, obj, act", "g = _, _", kAllowOverride, matcher),
                               "p, alice, [, read\np, bob, x, read");
    const auto decision = enforcer->Enforce(std::vector<Value>{"alice", object, "read"});
    EXPECT_EQ(Refusal(decision.status()), fmt::format("CASBIN_MATCHER: [matchers] m: {}", message)) << matcher;
  }
}

TEST(MatcherErrorTest, IsNotHiddenByTheIndex) {
  // The pattern is asked first, of every rule: a malformed one is an error, also when another column would not fit.
  const auto first = Make(AclModel("regexMatch(r.obj, p.obj) && r.sub == p.sub"), "p, bob, [, read\np, alice, x, read");
  EXPECT_EQ(Ask(*first, {"alice", "x", "read"}), "[matchers] m: regexMatch: malformed pattern [: missing ]: [");
  // It is not asked when the subject does not fit.
  const auto last = Make(AclModel("r.sub == p.sub && regexMatch(r.obj, p.obj)"), "p, bob, [, read\np, alice, x, read");
  EXPECT_EQ(Ask(*last, {"alice", "x", "read"}), "allow");
}

TEST(MatcherErrorTest, DeniesUnderDenyOverride) {
  const auto enforcer =
      Make(ModelText("sub", "sub, eft", "", "!some(where (p.eft == deny))", "regexMatch(r.sub, p.sub)"), "p, [, deny");
  const auto decision = enforcer->Enforce({"alice"});
  EXPECT_FALSE(decision.ok());
}

}  // namespace
}  // namespace smallbiznis::casbin
