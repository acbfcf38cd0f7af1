// Explaining, changing and reloading policies.
#include <atomic>
#include <thread>

#include "pkg/casbin/testing.h"

namespace smallbiznis::casbin {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ExplainTest, NamesTheRuleAndTheRolePath) {
  const auto enforcer = Make(
      DomainModel(), "# roles\ng, alice, editor, shop1\ng, editor, reader, shop1\n\np, reader, shop1, data, read\n");
  const auto why = enforcer->Explain(std::vector<Value>{"alice", "shop1", "data", "read"});
  ASSERT_TRUE(why.ok()) << why.status();
  EXPECT_TRUE(why->allowed);
  ASSERT_TRUE(why->rule.has_value());
  EXPECT_EQ(*why->rule, (Rule{"p", {"reader", "shop1", "data", "read"}}));
  EXPECT_EQ(why->rule->line, 5u);
  ASSERT_EQ(why->roles.size(), 1u);
  EXPECT_EQ(why->roles[0].definition, "g");
  EXPECT_EQ(why->roles[0].domain, "shop1");
  EXPECT_THAT(why->roles[0].names, ElementsAre("alice", "editor", "reader"));
  EXPECT_EQ(why->ToText(), "allowed by p, reader, shop1, data, read (line 5); g: alice > editor > reader in shop1");
}

TEST(ExplainTest, ARuleThatDenies) {
  const auto enforcer = Make(ModelText("sub, obj", "sub, obj, eft", "g = _, _", "priority(p.eft) || deny",
                                       "g(r.sub, p.sub) && r.obj == p.obj"),
                             "p, staff, x, deny\np, alice, x, allow\ng, alice, staff\n");
  const auto why = enforcer->Explain(std::vector<Value>{"alice", "x"});
  EXPECT_EQ(why->ToText(), "denied by p, staff, x, deny (line 1); g: alice > staff");
}

TEST(ExplainTest, WithoutARule) {
  const auto enforcer = Make(RbacModel(), "p, reader, x, read\n");
  const auto why = enforcer->Explain(std::vector<Value>{"alice", "x", "read"});
  EXPECT_FALSE(why->allowed);
  EXPECT_FALSE(why->rule.has_value());
  EXPECT_THAT(why->roles, IsEmpty());
  EXPECT_EQ(why->ToText(), "denied: no rule decides it");
}

TEST(ExplainTest, TheFirstRuleOfSeveralRoles) {
  const auto enforcer = Make(RbacModel(), "p, second, x, read\np, first, x, read\ng, alice, first\ng, alice, second\n");
  EXPECT_EQ(enforcer->Explain(std::vector<Value>{"alice", "x", "read"})->rule->values[0], "second");
}

TEST(ChangeTest, AddsAndRemovesInOneSwap) {
  const auto enforcer = Make(RbacModel(), "p, reader, x, read\ng, alice, reader\n");
  const Rule gone{"g", {"alice", "reader"}};
  const std::vector<Rule> added = {
      {"g", {"bob", "reader"}}, {"p", {"reader", "y", "read"}}, {"p", {"reader", "x", "read"}}};
  ASSERT_TRUE(enforcer->Change(std::span(&gone, 1), added).ok());
  EXPECT_EQ(Ask(*enforcer, {"alice", "x", "read"}), "deny");
  EXPECT_EQ(Ask(*enforcer, {"bob", "y", "read"}), "allow");
  EXPECT_EQ(enforcer->rules().size(), 3u);
}

TEST(ChangeTest, NothingChangesWhenARuleIsNotThere) {
  const auto enforcer = Make(RbacModel(), "p, reader, x, read\ng, alice, reader\n");
  const std::vector<Rule> gone = {{"g", {"alice", "reader"}}, {"g", {"bob", "reader"}}};
  EXPECT_EQ(Refusal(enforcer->Change(gone, {})), "CASBIN_RULE: there is no rule g, bob, reader");
  EXPECT_EQ(Ask(*enforcer, {"alice", "x", "read"}), "allow");
}

TEST(ChangeTest, RefusesARuleThatDoesNotFit) {
  const auto enforcer = Make(RbacModel(), "p, reader, x, read\n");
  const Rule wrong{"p", {"reader", "x"}};
  EXPECT_EQ(Refusal(enforcer->Change({}, std::span(&wrong, 1))),
            "CASBIN_POLICY: policy rule p, reader, x: p has 3 columns (sub, obj, act), not 2");
}

// Two policies that never allow both x and y: a reader that sees one half of each would.
TEST(ReloadTest, ReadersSeeOnePolicyOrTheOther) {
  const auto enforcer = Make(RbacModel(), "p, a, x, read\ng, alice, a\n");
  std::atomic<bool> done = false;
  std::atomic<int> answers = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        // In each of the policies one rule decides, and its role path ends at it.
        const auto why = enforcer->Explain(std::vector<Value>{"alice", "x", "read"});
        if (!why.ok() || !why->allowed || why->roles.size() != 1 ||
            why->roles[0].names.back() != why->rule->values[0]) {
          ++wrong;
        }
        if (!enforcer->Enforce({"alice", "x", "read"})->allowed) ++wrong;
        ++answers;
      }
    });
  }
  int rounds = 0;
  for (; rounds < 200 || answers < 200; ++rounds) {
    const std::string role = rounds % 2 == 0 ? "b" : "a";
    EXPECT_TRUE(LoadText(*enforcer, fmt::format("p, {0}, x, read\ng, alice, {0}\n", role)).ok());
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GE(answers, 200);
}

}  // namespace
}  // namespace smallbiznis::casbin
