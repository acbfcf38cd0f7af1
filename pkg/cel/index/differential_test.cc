// The index beside a loop over all rules, on random rules and inputs. PAIRS=n: how many rules are looked at with how
// many inputs in all (50,000 when not said); SEED=n: another run.
#include <google/protobuf/api.pb.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "pkg/cel/index/rule_index.h"
#include "pkg/cel/testing.h"
#include "pkg/cel/value/money.h"

namespace smallbiznis::cel {
namespace {

int64_t Knob(const char* name, int64_t otherwise) {
  const char* value = std::getenv(name);
  int64_t number = 0;
  return value != nullptr && absl::SimpleAtoi(value, &number) ? number : otherwise;
}

constexpr const char* kConstants[] = {"0",
                                      "0.0",
                                      "-0.0",
                                      "0u",
                                      "1",
                                      "1.0",
                                      "1u",
                                      "-1",
                                      "7",
                                      "7.5",
                                      "10000 * 3",
                                      "9007199254740991",
                                      "9007199254740992",
                                      "9007199254740993",
                                      "9007199254740992.0",
                                      "9007199254740993u",
                                      "9223372036854775807",
                                      "-9223372036854775808",
                                      "9223372036854775808.0",
                                      "18446744073709551615u",
                                      "18446744073709551616.0",
                                      "1e300",
                                      "-1e300",
                                      "double('NaN')",
                                      "double('Infinity')",
                                      "-double('Infinity')",
                                      "''",
                                      "'a'",
                                      "'ab'",
                                      "'abcdefgh'",
                                      "'abcdefghi'",
                                      "'abcdefghj'",
                                      "'b'",
                                      "b'a'",
                                      "true",
                                      "false",
                                      "null",
                                      "timestamp('2026-01-01T00:00:00Z')",
                                      "timestamp('2026-01-01T00:00:00.5Z')",
                                      "duration('1s')",
                                      "duration('-1s')",
                                      "money(1, 'USD')",
                                      "money(30001, 'USD')",
                                      "money(1, 'IDR')",
                                      "money(9007199254740993, 'IDR')",
                                      "[1]",
                                      "int"};
constexpr const char* kPaths[] = {"x",    "y",        "m.k",  "m.k.j",       "m['k']",  "l[0]",
                                  "m[1]", "api.name", "flag", "api.version", "m.other", "api.source_context.file_name",
                                  "n",    "s"};
const Variables kVariables = {
    {"x", "dyn"}, {"y", "dyn"},    {"m", "dyn"},    {"l", "dyn"}, {"api", "google.protobuf.Api"},
    {"n", "int"}, {"s", "string"}, {"flag", "bool"}};

// Every kind of value, and the edges of the numbers.
std::vector<Value> Values() {
  const double inf = std::numeric_limits<double>::infinity();
  return {Value::Int(0),
          Value::Double(0.0),
          Value::Double(-0.0),
          Value::Uint(0),
          Value::Int(1),
          Value::Uint(1),
          Value::Double(1.0),
          Value::Int(-1),
          Value::Int(7),
          Value::Double(7.5),
          Value::Int(30'000),
          Value::Int(30'001),
          Value::Int((1ll << 53) - 1),
          Value::Int(1ll << 53),
          Value::Int((1ll << 53) + 1),
          Value::Double(9007199254740992.0),
          Value::Uint((1ull << 53) + 1),
          Value::Int(INT64_MAX),
          Value::Int(INT64_MIN),
          Value::Double(9223372036854775808.0),
          Value::Uint(UINT64_MAX),
          Value::Double(18446744073709551616.0),
          Value::Double(1e300),
          Value::Double(-1e300),
          Value::Double(std::numeric_limits<double>::quiet_NaN()),
          Value::Double(inf),
          Value::Double(-inf),
          Value::String(""),
          Value::String("a"),
          Value::String("ab"),
          Value::String("abcdefgh"),
          Value::String("abcdefghi"),
          Value::String("abcdefghjk"),
          Value::String("c"),
          Value::Bytes("a"),
          Value::Bool(true),
          Value::Bool(false),
          Value::Null(),
          Value::Timestamp(1767225600, 0),
          Value::Timestamp(1767225600, 500'000'000),
          Value::Duration(1'000'000'000),
          Value::Duration(-1'000'000'001),
          Value::Money(1, *ParseCurrency("USD")),
          Value::Money(30'000, *ParseCurrency("USD")),
          Value::Money(2, *ParseCurrency("IDR")),
          Value::Money((1ll << 53) + 1, *ParseCurrency("IDR")),
          Value::Type("int"),
          Value::Unset(),
          Value::Optional(nullptr)};
}

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  int Below(size_t n) { return static_cast<int>(random_() % n); }
  template <size_t n>
  std::string Of(const char* const (&texts)[n]) {
    return texts[Below(n)];
  }

  std::string Condition() {
    std::string all = Conjunct();
    for (int i = Below(4); i > 0; --i) all += " && " + Conjunct();
    return Below(20) == 0 ? "cel.bind(v, 1, " + all + ")" : all;
  }

  Value Input(Arena& arena, int depth = 0) {
    static const std::vector<Value> values = Values();
    const int choice = Below(values.size() + 10);
    if (choice < static_cast<int>(values.size()) || depth > 2) {
      const Value& value = values[static_cast<size_t>(choice) % values.size()];
      return depth > 0 && value.is(Kind::kUnset) ? Value::Null() : value;
    }
    return Below(2) == 0 ? List(arena, depth) : Map(arena, depth);
  }

  Value List(Arena& arena, int depth) {
    const int size = Below(4);
    auto* items = arena.NewArray<Value>(static_cast<size_t>(size));
    for (int i = 0; i < size; ++i) items[i] = Input(arena, depth + 1);
    return Value::List(items, static_cast<uint32_t>(size));
  }

  Value Map(Arena& arena, int depth) {
    auto* entries = arena.NewArray<MapEntry>(4);
    uint32_t size = 0;
    for (const Value& key : {Value::String("k"), Value::String("j"), Value::Int(1), Value::Uint(7)}) {
      if (Below(3) != 0) entries[size++] = {key, Input(arena, depth + 1)};
    }
    return *NewMap(arena, entries, size);
  }

 private:
  std::string Test() {
    static constexpr const char* kOrders[] = {" < ", " <= ", " > ", " >= "};
    static constexpr const char* kTexts[] = {"'a'", "'ab'", "''", "'abcdefghi'", "'b'"};
    const std::string path = Of(kPaths);
    switch (Below(12)) {
      case 0:
      case 1:
        return path + " == " + Of(kConstants);
      case 2:
        return Of(kConstants) + " == " + path;
      case 3:
        return path + " in [" + Of(kConstants) + ", " + Of(kConstants) + ", " + Of(kConstants) + "]";
      case 4:
        return path + " in ['a', 'b', 1, 2, 3, 4, 5, 9007199254740993]";
      case 5:
        return Of(kConstants) + " in " + path;
      case 6:
        return path + ".startsWith(" + Of(kTexts) + ")";
      case 7:
        return path + Of(kOrders) + Of(kConstants) + " && " + path + Of(kOrders) + Of(kConstants);
      case 8:
        return Of(kConstants) + Of(kOrders) + path;
      case 9:
        return path + " != " + Of(kConstants);
      case 10:
        return path;
      default:
        return path + Of(kOrders) + Of(kConstants);
    }
  }

  std::string Conjunct() {
    const std::string path = Of(kPaths);
    switch (Below(14)) {
      case 0:
        return "!(" + Test() + ")";
      case 1:
        return "(" + Test() + " || " + Test() + ")";
      case 2:
        return "(" + path + " == " + Of(kConstants) + " || " + path + " in ['a', 7] || " + path + " == 'b')";
      case 3:
        return "(" + path + ".startsWith('ab') || " + path + ".startsWith('b'))";
      case 4:
        return Below(2) == 0 ? "has(m.k)" : "has(m.k.j)";
      case 5:
        return "1 / x > 0";
      case 6:
        return "(" + Test() + " ? " + Test() + " : " + Test() + ")";
      case 7:
        return Below(4) == 0 ? "false" : "true";
      case 8:
        return "!(" + Test() + " || " + Test() + ")";
      default:
        return Test();
    }
  }

  std::mt19937_64 random_;
};

enum class Outcome : uint8_t { kFalse, kTrue, kError };

Outcome Of(const IndexedRule& rule, const Activation& activation, Arena& arena) {
  const absl::StatusOr<Value> value = rule.program.Evaluate(activation, arena, {});
  return !value.ok() || !value->is(Kind::kBool) ? Outcome::kError : value->is_true() ? Outcome::kTrue : Outcome::kFalse;
}

// Some rules come, some go, some are replaced; `all` has what is there.
void Change(Generator& generator, const std::shared_ptr<const Env>& env, RuleIndex& index,
            std::map<uint64_t, IndexedRule>& all) {
  std::map<uint64_t, IndexedRule> added;
  std::vector<uint64_t> removed;
  for (int i = generator.Below(60); i >= 0; --i) {
    const std::string text = generator.Condition();
    auto program = env->Compile(text);
    if (!program.ok()) program = env->CompileUnchecked(text);
    if (!program.ok()) continue;  // a pattern or a literal that is none
    const auto id = static_cast<uint64_t>(generator.Below(250));
    added.insert_or_assign(id, IndexedRule{id, generator.Below(5) - 2, *std::move(program)});
  }
  for (int i = generator.Below(20); i > 0; --i) removed.push_back(static_cast<uint64_t>(generator.Below(250)));
  for (const uint64_t id : removed) all.erase(id);
  std::vector<IndexedRule> list;
  for (const auto& [id, rule] : added) {
    all.insert_or_assign(id, rule);
    list.push_back(rule);
  }
  ASSERT_TRUE(index.Update(std::move(list), removed).ok());
}

// The order in which a service goes through its rules.
bool Ordered(const std::vector<const IndexedRule*>& rules) {
  for (size_t i = 1; i < rules.size(); ++i) {
    const IndexedRule& a = *rules[i - 1];
    const IndexedRule& b = *rules[i];
    if (a.priority < b.priority || (a.priority == b.priority && a.id >= b.id)) return false;
  }
  return true;
}

struct Counts {
  int64_t pairs = 0;
  int64_t candidates = 0;  // that may match
  int64_t matches = 0;
  int64_t errors = 0;
};

using Matches = std::vector<std::pair<int64_t, uint64_t>>;  // priorities and ids, in the order of the rules

// What a service gets that goes through the candidates in the index's order.
Matches ByIndex(const std::vector<const IndexedRule*>& candidates, const Activation& activation, Arena& arena) {
  Matches matches;
  for (const IndexedRule* rule : candidates) {
    if (Of(*rule, activation, arena) == Outcome::kTrue) matches.emplace_back(rule->priority, rule->id);
  }
  return matches;
}

// The same from a loop over all rules: the highest priority first, then the lowest id.
Matches ByLoop(const std::map<uint64_t, IndexedRule>& all, const Activation& activation, Arena& arena) {
  Matches matches;
  for (const auto& [id, rule] : all) {
    if (Of(rule, activation, arena) == Outcome::kTrue) matches.emplace_back(rule.priority, id);
  }
  std::stable_sort(matches.begin(), matches.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  return matches;
}

void Compare(const RuleSnapshot& snapshot, const std::map<uint64_t, IndexedRule>& all, const Activation& activation,
             Counts& counts) {
  Arena arena;
  std::vector<const IndexedRule*> matching, failing;
  snapshot.Lookup(activation, Want::kMatches, arena, matching);
  snapshot.Lookup(activation, Want::kMatchesAndErrors, arena, failing);
  ASSERT_TRUE(Ordered(matching) && Ordered(failing));
  const Matches wanted = ByLoop(all, activation, arena);
  ASSERT_EQ(ByIndex(matching, activation, arena), wanted);
  ASSERT_EQ(ByIndex(failing, activation, arena), wanted);
  std::map<uint64_t, int> found;  // 1: among those that may match, 2: among those that may fail
  for (const IndexedRule* rule : matching) found[rule->id] |= 1;
  for (const IndexedRule* rule : failing) found[rule->id] |= 2;
  for (const auto& [id, rule] : all) {
    const Outcome outcome = Of(rule, activation, arena);
    const int candidate = found.contains(id) ? found[id] : 0;
    const std::string what = rule.program.source();
    ASSERT_TRUE(outcome != Outcome::kTrue || candidate == 3) << what;
    ASSERT_TRUE(outcome != Outcome::kError || (candidate & 2) != 0) << what;
    ASSERT_NE(candidate, 1) << what;
    found.erase(id);
    counts.candidates += candidate == 3 ? 1 : 0;
    counts.matches += outcome == Outcome::kTrue ? 1 : 0;
    counts.errors += outcome == Outcome::kError ? 1 : 0;
    ++counts.pairs;
  }
  ASSERT_TRUE(found.empty()) << "a rule that is gone: " << found.begin()->first;
}

TEST(RuleIndexDifferential, EveryOperatorWithEveryConstantAndEveryValue) {
  const auto env = MakeEnv({{"x", "dyn"}});
  std::map<uint64_t, IndexedRule> all;
  std::vector<IndexedRule> rules;
  for (const std::string constant : kConstants) {
    for (const std::string op : {"==", "!=", "<", "<=", ">", ">=", "in"}) {
      for (const std::string& text : {"x " + op + " " + constant, constant + " " + op + " x"}) {
        for (const std::string& condition : {text, "!(" + text + ")", text + " || x == 'none'"}) {
          auto program = env->CompileUnchecked(condition);
          ASSERT_TRUE(program.ok()) << program.status();
          rules.push_back({all.size(), 0, *std::move(program)});
          all.insert_or_assign(rules.back().id, rules.back());
        }
      }
    }
  }
  RuleIndex index(env);
  ASSERT_TRUE(index.Update(std::move(rules)).ok());
  Counts counts;
  for (const Value& value : Values()) {
    Activation activation(*env);
    activation.Set(0, value);
    ASSERT_NO_FATAL_FAILURE(Compare(*index.snapshot(), all, activation, counts)) << Show(value);
    activation.Set(0, Value::List(&value, 1));
    ASSERT_NO_FATAL_FAILURE(Compare(*index.snapshot(), all, activation, counts)) << Show(value);
  }
}

TEST(RuleIndexDifferential, EveryRuleThatIsNoCandidateIsFalse) {
  const int64_t wanted = Knob("PAIRS", 50'000);
  Generator generator(static_cast<uint64_t>(Knob("SEED", 20261130)));
  const auto env = MakeEnv(kVariables);
  Counts counts;
  while (counts.pairs < wanted) {
    RuleIndex index(env);
    std::map<uint64_t, IndexedRule> all;
    for (int round = 0; round < 12 && counts.pairs < wanted; ++round) {
      ASSERT_NO_FATAL_FAILURE(Change(generator, env, index, all));
      const auto snapshot = index.snapshot();
      ASSERT_EQ(snapshot->size(), all.size());
      for (int input = 0; input < 20; ++input) {
        Arena arena;
        google::protobuf::Api api;
        if (generator.Below(2) == 0) api.set_name("abcdefghi");
        if (generator.Below(2) == 0) api.set_version("a");
        if (generator.Below(2) == 0) api.mutable_source_context()->set_file_name("b");
        Activation activation(*env);
        for (int i = 0; i < env->variables(); ++i) activation.Set(i, generator.Input(arena));
        if (generator.Below(4) != 0) activation.Set(2, generator.Map(arena, 0));
        if (generator.Below(4) != 0) activation.Set(3, generator.List(arena, 0));
        if (generator.Below(4) != 0) activation.Set(4, Value::Message(&api));
        if (generator.Below(8) == 0) activation.SetUnknown(generator.Below(static_cast<size_t>(env->variables())));
        ASSERT_NO_FATAL_FAILURE(Compare(*snapshot, all, activation, counts));
      }
    }
  }
  // The index leaves out most, and there was something to find.
  EXPECT_LT(counts.candidates, counts.pairs / 2);
  EXPECT_GT(counts.matches, counts.pairs / 1000);
  EXPECT_GT(counts.errors, counts.pairs / 100);
  std::cout << counts.pairs << " pairs: " << counts.candidates << " may match, " << counts.matches << " matches, "
            << counts.errors << " errors\n";
}

}  // namespace
}  // namespace smallbiznis::cel
