// How fast the client is: `redis_bench HOST:PORT` (a server to be written to: keys bench:*; the password in
// REDIS_PASSWORD). One JSON object a line.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "pkg/redis/client.h"
#include "pkg/text/view.h"

namespace smallbiznis::redis {
namespace {

constexpr std::chrono::seconds kRound{2};
constexpr int kRounds = 3;

// Calls of `work` a second by all threads, times `weight`; the median of the rounds.
double Measure(int threads, int weight, const std::function<bool(int)>& work) {
  std::vector<double> rates;
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<int64_t> calls = 0;
    std::vector<std::thread> workers;
    const auto begin = std::chrono::steady_clock::now();
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&, t] {
        int64_t mine = 0;
        while (std::chrono::steady_clock::now() - begin < kRound && work(t)) ++mine;
        calls += mine;
      });
    }
    for (std::thread& worker : workers) worker.join();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    rates.push_back(static_cast<double>(calls * weight) / took.count());
  }
  std::sort(rates.begin(), rates.end());
  return rates[rates.size() / 2];
}

int Main(int argc, char** argv) {
  const char* const password = std::getenv("REDIS_PASSWORD");
  const absl::StatusOr<Options> options =
      ParseServer({.addr = argc == 2 ? argv[1] : "", .password = password == nullptr ? "" : password});
  if (!options.ok()) {
    fmt::print(stderr, "usage: redis_bench ADDRESS: {}\n", text::ToStd(options.status().message()));
    return 2;
  }
  Client client(*options);
  const std::string value(64, 'v');
  const auto set = [&](int thread) {
    return client.Do(Command("SET").Key(fmt::format("bench:{}", thread)).Arg(value)).ok();
  };
  const std::vector<Command> hundred(100, Command("SET").Key("bench:pipeline").Arg(value));
  const auto pipeline = [&](int) { return client.Pipeline(hundred).back().ok(); };
  for (const int threads : {1, 16}) {
    fmt::print("{{\"bench\":\"redis\",\"case\":\"SET 64 B, {} threads\",\"unit\":\"commands/s\",\"ours\":{:.0f}}}\n",
               threads, Measure(threads, 1, set));
    fmt::print(
        "{{\"bench\":\"redis\",\"case\":\"pipeline of 100, {} threads\",\"unit\":\"commands/s\",\"ours\":{:.0f}}}\n",
        threads, Measure(threads, 100, pipeline));
  }
  return 0;
}

}  // namespace
}  // namespace smallbiznis::redis

int main(int argc, char** argv) {
  return smallbiznis::redis::Main(argc, argv);
}
