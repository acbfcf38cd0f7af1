#include "pkg/cel/index/rule_index.h"

#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "pkg/cel/testing.h"

namespace smallbiznis::cel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Variables kVariables = {{"sku", "string"}, {"total", "int"}, {"price", "double"}, {"order", "dyn"},
                              {"vip", "bool"},   {"tags", "dyn"},  {"at", "timestamp"}};

class RuleIndexTest : public ::testing::Test {
 protected:
  IndexedRule Rule(uint64_t id, const std::string& condition, int64_t priority = 0) const {
    auto program = env_->Compile(condition);
    EXPECT_TRUE(program.ok()) << program.status();
    return {id, priority, *std::move(program)};
  }

  void Add(const std::vector<std::string>& conditions) {
    std::vector<IndexedRule> rules;
    for (const std::string& condition : conditions) rules.push_back(Rule(++last_, condition));
    ASSERT_TRUE(index_.Update(std::move(rules)).ok());
  }

  std::vector<uint64_t> Candidates(const std::vector<std::pair<std::string, Value>>& input,
                                   Want want = Want::kMatchesAndErrors) {
    Activation activation(*env_);
    for (const auto& [name, value] : input) EXPECT_TRUE(activation.Set(name, value).ok());
    std::vector<const IndexedRule*> candidates;
    const auto snapshot = index_.snapshot();
    snapshot->Lookup(activation, want, arena_, candidates);
    std::vector<uint64_t> ids;
    for (const IndexedRule* rule : candidates) ids.push_back(rule->id);
    return ids;
  }

  const std::shared_ptr<const Env> env_ = MakeEnv(kVariables);
  RuleIndex index_{env_};
  Arena arena_;
  uint64_t last_ = 0;
};

TEST_F(RuleIndexTest, FindsByEqualityMembershipRangePrefixAndFlag) {
  Add({"sku == 'A'", "sku in ['A', 'B', 'C', 'D', 'E', 'F']", "total >= 10 && total < 20", "sku.startsWith('A-')",
       "vip && size(sku) > 100", "!vip", "'gold' in tags", "sku == 'A' || sku == 'Z'", "size(sku) == 3",
       "at < timestamp('2026-01-01T00:00:00Z')", "price > 0.5", "!(sku != 'A')"});
  const auto find = [&](const char* sku, int total, bool vip, const Value& tags, int64_t at, double price) {
    return Candidates({{"sku", Value::String(sku)},
                       {"total", Value::Int(total)},
                       {"vip", Value::Bool(vip)},
                       {"tags", tags},
                       {"at", Value::Timestamp(at, 0)},
                       {"price", Value::Double(price)}});
  };
  const Value tags[] = {Value::String("silver"), Value::String("gold")};
  EXPECT_THAT(find("A", 10, true, Value::List(tags, 2), 1767225599, 0.5), ElementsAre(1, 2, 3, 5, 7, 8, 9, 10, 12));
  EXPECT_THAT(find("A-7", 20, false, Value::List(tags, 1), 1767225600, 0.6), ElementsAre(4, 6, 9, 11));
  EXPECT_THAT(find("Z", 9, false, Value::List(tags, 0), 1767225600, 0.4), ElementsAre(6, 8, 9));
  EXPECT_EQ(index_.snapshot()->always_candidates(), 1u);
}

TEST_F(RuleIndexTest, OfSeveralConjunctsTheRarestFinds) {
  Add({"vip && sku == 'A'", "vip && sku == 'B'", "vip && total >= 0 && sku == 'C'"});
  EXPECT_THAT(Candidates({{"vip", Value::Bool(true)}, {"total", Value::Int(1)}, {"sku", Value::String("B")}}),
              ElementsAre(2));
}

TEST_F(RuleIndexTest, NumbersCompareByValueAcrossTypes) {
  Add({"order == 9007199254740993", "order == 1u", "order > 5", "order < -0.0", "order == double('NaN')"});
  EXPECT_THAT(Candidates({{"order", Value::Double(1.0)}}), ElementsAre(2));
  EXPECT_THAT(Candidates({{"order", Value::Uint(UINT64_MAX)}}), ElementsAre(3));
  EXPECT_THAT(Candidates({{"order", Value::Double(0.0)}}), IsEmpty());
  EXPECT_THAT(Candidates({{"order", Value::Double(9007199254740992.0)}}), ElementsAre(1, 3));
  EXPECT_THAT(Candidates({{"order", Value::Double(std::numeric_limits<double>::quiet_NaN())}}), IsEmpty());
  // A text is not above 5, that is an error; but it is not equal to 1 either.
  EXPECT_THAT(Candidates({{"order", Value::String("x")}}), ElementsAre(3, 4));
  EXPECT_THAT(Candidates({{"order", Value::String("x")}}, Want::kMatches), IsEmpty());
}

TEST_F(RuleIndexTest, AMissingAttributeIsAnErrorUnlessTheRuleAsksFirst) {
  Add({"order.total > 5", "has(order.total) && order.total > 5", "order.lines[0].sku == 'A'",
       "has(order.lines) && order.lines[0].sku == 'A'"});
  const Value empty = MakeMap(arena_, {});
  EXPECT_THAT(Candidates({{"order", empty}}), ElementsAre(1, 3));
  EXPECT_THAT(Candidates({{"order", empty}}, Want::kMatches), IsEmpty());
  EXPECT_THAT(Candidates({}), ElementsAre(1, 2, 3, 4));
  const Value no_lines = MakeMap(arena_, {{"total", Value::Int(6)}, {"lines", Value::List(nullptr, 0)}});
  EXPECT_THAT(Candidates({{"order", no_lines}}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Candidates({{"order", no_lines}}, Want::kMatches), ElementsAre(1, 2));
}

TEST_F(RuleIndexTest, WhatIsNotKnownIsACandidate) {
  Add({"total > 5", "sku == 'A'"});
  Activation activation(*env_);
  activation.SetUnknown(env_->variable("total"));
  activation.Set(env_->variable("sku"), Value::String("B"));
  std::vector<const IndexedRule*> candidates;
  const auto snapshot = index_.snapshot();
  snapshot->Lookup(activation, Want::kMatches, arena_, candidates);
  ASSERT_EQ(candidates.size(), 1u);
  EXPECT_EQ(candidates[0]->id, 1u);
}

TEST_F(RuleIndexTest, CandidatesComeByPriorityThenId) {
  ASSERT_TRUE(index_.Update({Rule(3, "total > 1"), Rule(1, "total > 2", 5), Rule(2, "size(sku) > 0", 5)}).ok());
  ASSERT_TRUE(index_.Update({Rule(9, "total > 3", 6), Rule(4, "total > 4", 5)}).ok());
  EXPECT_THAT(Candidates({{"total", Value::Int(10)}}), ElementsAre(9, 1, 2, 4, 3));
}

TEST_F(RuleIndexTest, RulesComeGoAndAreReplaced) {
  for (uint64_t id = 1; id <= 100; ++id) {
    ASSERT_TRUE(index_.Update({Rule(id, fmt::format("total == {}", id % 10))}).ok());
  }
  const auto before = index_.snapshot();
  ASSERT_TRUE(index_.Update({Rule(13, "total == 4")}, {3, 23, 1000}).ok());
  EXPECT_THAT(Candidates({{"total", Value::Int(3)}}), ElementsAre(33, 43, 53, 63, 73, 83, 93));
  EXPECT_THAT(Candidates({{"total", Value::Int(4)}}), ElementsAre(4, 13, 14, 24, 34, 44, 54, 64, 74, 84, 94));
  EXPECT_EQ(index_.snapshot()->size(), 98u);
  EXPECT_EQ(before->size(), 100u);  // as it was
  std::vector<uint64_t> all(101);
  for (uint64_t id = 0; id <= 100; ++id) all[id] = id;
  ASSERT_TRUE(index_.Update({}, all).ok());
  EXPECT_EQ(index_.snapshot()->size(), 0u);
  EXPECT_THAT(Candidates({}), IsEmpty());
}

TEST_F(RuleIndexTest, RefusesWhatItCannotKeepApart) {
  const auto other = MakeEnv(kVariables);
  EXPECT_THAT(std::string(index_.Update({{1, 0, *other->Compile("vip")}}).message()), HasSubstr("another environment"));
  EXPECT_THAT(std::string(index_.Update({Rule(7, "vip"), Rule(7, "!vip")}).message()),
              HasSubstr("rule 7 is added twice"));
  EXPECT_EQ(index_.snapshot()->size(), 0u);
}

TEST_F(RuleIndexTest, MemoryStaysNearOneHundredBytesARule) {
  std::vector<IndexedRule> rules;
  for (uint64_t i = 0; i < 10'000; ++i) {
    rules.push_back(Rule(i, fmt::format("total >= {} && total < {}", 10'000 * i, 10'000 * (i + 1))));
  }
  ASSERT_TRUE(index_.Update(std::move(rules)).ok());
  EXPECT_LT(index_.snapshot()->bytes(), 10'000u * 110);
  EXPECT_THAT(Candidates({{"total", Value::Int(55'500'000)}}), ElementsAre(5550));
  EXPECT_THAT(Candidates({{"total", Value::Int(55'510'000)}}), ElementsAre(5551));  // an end is left out exactly
}

// Every update raises the priority of all ten rules: a reader that saw part of one would see two priorities.
TEST_F(RuleIndexTest, ReadersSeeWholeUpdates) {
  const auto make = [&](int64_t generation) {
    std::vector<IndexedRule> rules;
    for (uint64_t id = 0; id < 10; ++id) rules.push_back(Rule(id, "total > 0", generation));
    return rules;
  };
  ASSERT_TRUE(index_.Update(make(0)).ok());
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  const auto read = [&] {
    Activation activation(*env_);
    activation.Set(env_->variable("total"), Value::Int(1));
    Arena arena;
    while (!done) {
      std::vector<const IndexedRule*> candidates;
      const auto snapshot = index_.snapshot();
      snapshot->Lookup(activation, Want::kMatches, arena, candidates);
      bool whole = candidates.size() == 10;
      for (const IndexedRule* rule : candidates) whole &= rule->priority == candidates[0]->priority;
      torn += whole ? 0 : 1;
    }
  };
  std::thread readers[] = {std::thread(read), std::thread(read)};
  for (int64_t generation = 1; generation <= 300; ++generation) ASSERT_TRUE(index_.Update(make(generation)).ok());
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace smallbiznis::cel
