// Sets of rules asked about contexts: bench/rule/README.md.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "services/rule/engine/context.h"
#include "services/rule/engine/rule_set.h"

namespace smallbiznis::rule {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int64_t kWidth = 10'000;

struct Times {
  double p50_us = 0;
  double p99_us = 0;
};

[[noreturn]] void Die(std::string_view why) {
  std::cerr << "bench/rule: " << why << '\n';
  std::exit(1);
}

std::shared_ptr<const Schema> PurchaseSchema() {
  static const auto& schema = *new std::shared_ptr<const Schema>(*Schema::Create(*FindBuiltIn("PURCHASE")));
  return schema;
}

RulePtr MakeRule(int64_t i, int32_t version) {
  Content content;
  content.name = fmt::format("rule {}", i);
  content.trigger = "PURCHASE";
  content.condition = fmt::format("sub_total >= {} && sub_total < {}", kWidth * i, kWidth * (i + 1));
  content.actions = {RewardPoint{{.fixed = 0, .expression = "sub_total / 10000"}}};
  auto rule = CompileRule(PurchaseSchema(), RuleId(i + 1), version, std::move(content));
  if (!rule.ok()) Die(std::string(rule.status().message()));
  return *rule;
}

// Numbers that look as if they were random.
int64_t Scatter(int64_t i) {
  return static_cast<int64_t>(static_cast<uint64_t>(i + 1) * 0x9E3779B97F4A7C15u >> 34);
}

// One call, as the server makes it; true when exactly one rule matches.
bool Ask(const RuleSet& set, const std::string& json) {
  cel::Arena arena;
  cel::Activation activation(set.schema()->env());
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  if (!ReadContext(*set.schema(), json, now, arena, activation).ok()) return false;
  const BatchOptions options{.time = now, .cost = INT64_C(1) << 40, .most_not_matched = 0};
  return set.Evaluate(activation, options).matched == 1;
}

template <class Work>
Times Measure(double seconds, Work work) {
  std::vector<double> took;
  const SteadyClock::time_point start = SteadyClock::now();
  do {
    const SteadyClock::time_point before = SteadyClock::now();
    work(static_cast<int64_t>(took.size()));
    took.push_back(std::chrono::duration<double, std::micro>(SteadyClock::now() - before).count());
  } while (std::chrono::duration<double>(SteadyClock::now() - start).count() < seconds);
  std::sort(took.begin(), took.end());
  return {took[took.size() / 2], took[took.size() * 99 / 100]};
}

void Print(const std::string& name, const Times& ours, const Times& loop) {
  std::cout << fmt::format(R"({{"bench": "rule", "case": "{0} p50", "unit": "us", "ours": {1:.2f}, )"
                           R"("peer": "every rule evaluated", "peer_value": {2:.2f}, "ratio": {3:.1f}}})"
                           "\n"
                           R"({{"bench": "rule", "case": "{0} p99", "unit": "us", "ours": {4:.2f}, )"
                           R"("peer": "every rule evaluated", "peer_value": {5:.2f}, "ratio": {6:.1f}}})",
                           name, ours.p50_us, loop.p50_us, loop.p50_us / ours.p50_us, ours.p99_us, loop.p99_us,
                           loop.p99_us / ours.p99_us)
            << std::endl;
}

void Run(int64_t count, double seconds) {
  std::vector<RulePtr> rules;
  for (int64_t i = 0; i < count; ++i) rules.push_back(MakeRule(i, 1));
  const auto empty = std::make_shared<const RuleSet>(PurchaseSchema());
  auto indexed = empty->With(rules, {});
  const auto loop = empty->Overlaid(rules, {});
  std::vector<std::string> contexts;
  for (int64_t i = 0; i < 1000; ++i) {
    contexts.push_back(fmt::format(R"({{"order_id": "o-{}", "user_id": "u-{}", "user_tier": "gold", "sub_total": {}}})",
                                   i, i, Scatter(i) % (kWidth * count)));
  }
  const auto ask = [&](const RuleSet& set) {
    return [&](int64_t i) {
      if (!Ask(set, contexts[static_cast<size_t>(i) % contexts.size()])) Die("not exactly one rule has matched");
    };
  };
  Print(fmt::format("BatchEvaluate of {} rules", count), Measure(seconds, ask(*indexed)), Measure(seconds, ask(*loop)));
  const Times change = Measure(seconds, [&](int64_t i) {
    indexed = indexed->With({MakeRule(Scatter(i) % count, static_cast<int32_t>(i) + 2)}, {});
  });
  std::cout << fmt::format(R"({{"bench": "rule", "case": "change one rule of {}", "unit": "us", "ours": {:.0f}}})",
                           count, change.p50_us)
            << std::endl;
}

int Main(int argc, char** argv) {
  double seconds = 1;
  if (argc > 1) std::from_chars(argv[1], argv[1] + std::string_view(argv[1]).size(), seconds);
  for (const int64_t count : {1'000, 10'000, 100'000}) Run(count, seconds);
  return 0;
}

}  // namespace
}  // namespace smallbiznis::rule

int main(int argc, char** argv) {
  return smallbiznis::rule::Main(argc, argv);
}
