// The workloads of bench/cel on pkg/cel, one JSON line each: {"workload", "ns", "allocations"} of one operation.
//
//   bench_cel SECONDS expressions|rules      how long each workload is measured
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "bench/cel/rules.h"
#include "pkg/cel/cel.h"

namespace {
std::atomic<int64_t> allocations = 0;
}

void* operator new(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace smallbiznis::cel {
namespace {

using Clock = std::chrono::steady_clock;

struct Case {
  const char* name;
  const char* expression;
};
constexpr Case kCases[] = {
    {"amount", "amount >= 10000"},
    {"gold", "user_tier == \"gold\" && sub_total > 1000000"},
    {"exists20", "items.exists(i, i.sku == \"A-7\" && i.qty >= 2)"},
    {"regex", "name.startsWith(\"abc\") && name.matches(\"^abc[0-9]+$\")"},
};

// Runs `once` for about `seconds`, in blocks long enough for the clock.
void Measure(const std::string& workload, double seconds, const std::function<void(int)>& once) {
  int block = 1;
  double took = 0;
  for (; took < 0.01; block *= 2) {
    const Clock::time_point start = Clock::now();
    once(block);
    took = std::chrono::duration<double>(Clock::now() - start).count();
  }
  int64_t count = 0;
  const int64_t before = allocations;
  const Clock::time_point start = Clock::now();
  do {
    once(block);
    count += block;
    took = std::chrono::duration<double>(Clock::now() - start).count();
  } while (took < seconds);
  std::cout << fmt::format(R"({{"workload": "{}", "ns": {:.2f}, "allocations": {:.2f}}})", workload,
                           took * 1e9 / static_cast<double>(count),
                           static_cast<double>(allocations - before) / static_cast<double>(count))
            << std::endl;
}

// 20 maps {sku: "B-<i>", qty: i}; only the last one is {sku: "A-7", qty: 2}.
Value Items(Arena& arena) {
  auto* items = arena.NewArray<Value>(20);
  for (int i = 0; i < 20; ++i) {
    auto* entries = arena.NewArray<MapEntry>(2);
    const std::string sku = i == 19 ? "A-7" : fmt::format("B-{}", i);
    entries[0] = {Value::String("sku"), Value::String(arena.Copy(sku))};
    entries[1] = {Value::String("qty"), Value::Int(i == 19 ? 2 : i)};
    items[i] = *NewMap(arena, entries, 2);
  }
  return Value::List(items, 20);
}

int Main(double seconds) {
  const auto env = Env::Create({.variables = {{"amount", "int"},
                                              {"sub_total", "int"},
                                              {"user_tier", "string"},
                                              {"name", "string"},
                                              {"items", "list(map(string, dyn))"}}});
  if (!env.ok()) Die(std::string(env.status().message()));
  Arena inputs;
  Activation activation(**env);
  activation.Set(0, Value::Int(12'500));
  activation.Set(1, Value::Int(1'500'000));
  activation.Set(2, Value::String("gold"));
  activation.Set(3, Value::String("abc12345"));
  activation.Set(4, Items(inputs));
  const Limits limits{.cost = 1'000'000};
  for (const Case& one : kCases) {
    const auto program = (*env)->Compile(one.expression);
    if (!program.ok()) Die(std::string(program.status().message()));
    Arena arena;
    Measure(std::string("eval ") + one.name, seconds, [&](int times) {
      for (int i = 0; i < times; ++i) {
        const auto result = program->Evaluate(activation, arena, limits);
        if (!result.ok() || !result->is_true()) Die(std::string(one.name) + " is not true");
        arena.Reset();
      }
    });
  }
  Measure("compile gold", seconds, [&](int times) {
    for (int i = 0; i < times; ++i) {
      if (!(*env)->Compile(kCases[1].expression).ok()) Die("it does not compile");
    }
  });
  return 0;
}

}  // namespace

void Die(const std::string& why) {
  std::cerr << "bench_cel: " << why << "\n";
  std::exit(1);
}

}  // namespace smallbiznis::cel

int main(int argc, char** argv) {
  double seconds = 0;
  if (argc != 3 || !absl::SimpleAtod(argv[1], &seconds)) {
    std::cerr << "usage: bench_cel SECONDS expressions|rules\n";
    return 2;
  }
  if (std::string_view(argv[2]) != "rules") return smallbiznis::cel::Main(seconds);
  smallbiznis::cel::MeasureRules(seconds);
  return 0;
}
