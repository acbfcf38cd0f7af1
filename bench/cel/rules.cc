#include "bench/cel/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <vector>

#include "pkg/cel/index/rule_index.h"

namespace smallbiznis::cel {
namespace {

using Clock = std::chrono::steady_clock;

struct RuleSet {
  const char* name;
  uint32_t rules;
  bool mixed;
};
constexpr RuleSet kSets[] = {{"rules 1000", 1000, false},
                             {"rules 10000", 10'000, false},
                             {"rules 100000", 100'000, false},
                             {"rules mixed 10000", 10'000, true}};

// Numbers that look as if they were random, the same on both sides.
uint32_t Scatter(uint32_t i) {
  return i * 2654435761u >> 8;
}

std::string RuleText(const RuleSet& set, uint32_t i) {
  if (!set.mixed)
    return fmt::format("sub_total >= {} && sub_total < {}", 10'000 * uint64_t{i}, 10'000 * (uint64_t{i} + 1));
  if (i % 500 == 499) return fmt::format(R"(items.exists(i, i.sku == "A-{}" && i.qty >= 2))", i % 9);
  switch (i % 10) {
    case 0:
    case 1:
    case 2:
      return fmt::format(R"(category == "c-{}" && sub_total >= {})", i / 4, Scatter(i) % 500'000);
    case 3:
    case 4:
      return fmt::format(R"(user_tier == "gold" && name.startsWith("s-{}-"))", i);
    case 5:
    case 6:
      return fmt::format(R"(sub_total >= {} && sub_total < {} && user_tier in ["gold", "silver"])", 100 * i,
                         100 * i + 5000);
    case 7:
      return fmt::format(R"(country in ["ID", "MY", "SG"] && store == {})", i % 3000);
    case 8:
      return fmt::format(R"("t-{}" in tags && !blocked)", i % 2000);
    default:
      return fmt::format(R"((category == "c-{}" || category == "c-{}") && amount > 100.5 && name.matches("^s-[0-9]+"))",
                         i / 3, i / 2);
  }
}

struct Inputs {
  Arena arena;
  std::vector<Activation> all;
};

Value Items(Arena& arena, uint32_t seed) {
  auto* items = arena.NewArray<Value>(5);
  for (uint32_t i = 0; i < 5; ++i) {
    auto* entries = arena.NewArray<MapEntry>(2);
    entries[0] = {Value::String("sku"), Value::String(arena.Copy(fmt::format("A-{}", (seed + i * 37) % 100)))};
    entries[1] = {Value::String("qty"), Value::Int(i)};
    items[i] = *NewMap(arena, entries, 2);
  }
  return Value::List(items, 5);
}

// A thousand inputs, each value spread over what the rules ask for.
void MakeInputs(const Env& env, const RuleSet& set, Inputs& inputs) {
  Arena& arena = inputs.arena;
  for (uint32_t i = 0; i < 1000; ++i) {
    const uint32_t n = Scatter(i + 1);
    auto* tags = arena.NewArray<Value>(2);
    tags[0] = Value::String(arena.Copy(fmt::format("t-{}", n % 2000)));
    tags[1] = Value::String(arena.Copy(fmt::format("t-{}", n % 1999)));
    const uint64_t most = set.mixed ? 1'000'000 : 10'000 * uint64_t{set.rules};
    const Value values[] = {Value::Int(static_cast<int64_t>(n * uint64_t{997} % most)),
                            Value::String(n % 3 == 0 ? "gold" : "silver"),
                            Value::String(arena.Copy(fmt::format("c-{}", n % 3333))),
                            Value::String(arena.Copy(fmt::format("s-{}-x", n % 10'000))),
                            Value::String(n % 2 == 0 ? "ID" : "VN"),
                            Value::Int(n % 3000),
                            Value::List(tags, 2),
                            Value::Bool(n % 7 == 0),
                            Value::Double(n % 1000),
                            Items(arena, n)};
    Activation& activation = inputs.all.emplace_back(env);
    for (int slot = 0; slot < env.variables(); ++slot) activation.Set(slot, values[slot]);
  }
}

int64_t Matches(const RuleSnapshot& snapshot, const Activation& input, Arena& arena,
                std::vector<const IndexedRule*>& candidates) {
  const Limits limits{.cost = 1'000'000};
  candidates.clear();
  snapshot.Lookup(input, Want::kMatchesAndErrors, arena, candidates);
  int64_t matches = 0;
  for (const IndexedRule* rule : candidates) {
    const auto result = rule->program.Evaluate(input, arena, limits);
    if (!result.ok()) Die(std::string(result.status().message()));
    matches += result->is_true() ? 1 : 0;
  }
  arena.Reset();
  return matches;
}

void MeasureSet(const std::shared_ptr<const Env>& env, const RuleSet& set, double seconds) {
  std::vector<IndexedRule> rules;
  for (uint32_t i = 0; i < set.rules; ++i) {
    auto program = env->Compile(RuleText(set, i));
    if (!program.ok()) Die(std::string(program.status().message()));
    rules.push_back({i, 0, *std::move(program)});
  }
  RuleIndex index(env);
  if (const absl::Status status = index.Update(std::move(rules)); !status.ok()) Die(std::string(status.message()));
  const auto snapshot = index.snapshot();
  Inputs inputs;
  MakeInputs(*env, set, inputs);
  Arena arena;
  std::vector<const IndexedRule*> candidates;
  // As many inputs as the peer, which looks at every rule, can be asked about in some seconds.
  const size_t counted = std::min<size_t>(inputs.all.size(), 1'000'000 / set.rules);
  int64_t matches = 0;
  for (size_t i = 0; i < counted; ++i) matches += Matches(*snapshot, inputs.all[i], arena, candidates);
  std::vector<double> took;
  const Clock::time_point start = Clock::now();
  for (size_t i = 0; std::chrono::duration<double>(Clock::now() - start).count() < seconds; ++i) {
    const Clock::time_point before = Clock::now();
    Matches(*snapshot, inputs.all[i % inputs.all.size()], arena, candidates);
    took.push_back(std::chrono::duration<double, std::nano>(Clock::now() - before).count());
  }
  std::sort(took.begin(), took.end());
  std::cout << fmt::format(R"({{"workload": "{}", "p50": {:.0f}, "p99": {:.0f}, "matches": {}, "bytes": {}}})",
                           set.name, took[took.size() / 2], took[took.size() * 99 / 100], matches,
                           snapshot->bytes() / snapshot->size())
            << std::endl;
}

}  // namespace

void MeasureRules(double seconds) {
  const auto env = Env::Create({.variables = {{"sub_total", "int"},
                                              {"user_tier", "string"},
                                              {"category", "string"},
                                              {"name", "string"},
                                              {"country", "string"},
                                              {"store", "int"},
                                              {"tags", "list(string)"},
                                              {"blocked", "bool"},
                                              {"amount", "double"},
                                              {"items", "list(map(string, dyn))"}}});
  if (!env.ok()) Die(std::string(env.status().message()));
  for (const RuleSet& set : kSets) MeasureSet(*env, set, seconds);
}

}  // namespace smallbiznis::cel
