// Our side of bench/task: one workload a call, on the Redis that is given. Prints one JSON line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "pkg/clock/clock.h"
#include "pkg/log/logger.h"
#include "pkg/redis/client.h"
#include "pkg/status/status.h"
#include "pkg/task/client.h"
#include "pkg/task/server/server.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kQueue = "default";
constexpr std::string_view kType = "bench:noop";
constexpr size_t kPayloadBytes = 64;
constexpr auto kLookEvery = std::chrono::milliseconds(2);
constexpr auto kIdleBefore = std::chrono::milliseconds(1500);
constexpr auto kLimit = std::chrono::minutes(5);

struct Flags {
  std::string redis;
  int tasks = 0;
  int callers = 1;      // enqueue
  int at_once = 1;      // enqueue: above 1, so many in one EnqueueAll
  int concurrency = 1;  // process
  int every_ms = 50;    // pickup
};

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

class Bench {
 public:
  Bench(Flags flags, redis::Options options) : flags_(std::move(flags)), options_(std::move(options)) {}

  absl::StatusOr<nlohmann::json> Enqueue() {
    task::Client client(redis_, clock_);
    RETURN_IF_ERROR(client.Enqueue(Noop()).status());  // connects
    std::atomic<int> left = flags_.tasks - 1;
    std::vector<absl::Status> results(flags_.callers);
    const auto start = SteadyClock::now();
    std::vector<std::thread> callers;
    for (absl::Status& result : results) {
      callers.emplace_back([&] { result = flags_.at_once > 1 ? AddMany(client, left) : AddEach(client, left); });
    }
    for (std::thread& caller : callers) caller.join();
    const double seconds = SecondsSince(start);
    for (const absl::Status& result : results) RETURN_IF_ERROR(result);
    return nlohmann::json{{"rate", flags_.tasks / seconds}};
  }

  // From the start of the server until nothing is pending or active any more.
  absl::StatusOr<nlohmann::json> Process() {
    std::atomic<int> handled = 0;
    const auto start = SteadyClock::now();
    ASSIGN_OR_RETURN(const auto server, StartServer([&handled](task::Attempt&) {
                       ++handled;
                       return absl::OkStatus();
                     }));
    while (SecondsSince(start) < std::chrono::duration<double>(kLimit).count()) {
      std::this_thread::sleep_for(kLookEvery);
      if (handled < flags_.tasks) continue;
      ASSIGN_OR_RETURN(const bool empty, NothingLeft());
      if (empty) return nlohmann::json{{"rate", flags_.tasks / SecondsSince(start)}, {"handled", handled.load()}};
    }
    return absl::DeadlineExceededError(fmt::format("{} of {} tasks were handled", handled.load(), flags_.tasks));
  }

  // From just before Enqueue until the handler's first line, on a server that has nothing else to do.
  absl::StatusOr<nlohmann::json> PickUp() {
    std::mutex mutex;
    std::condition_variable all;
    std::vector<double> latencies_ms;
    ASSIGN_OR_RETURN(const auto server, StartServer([&](task::Attempt& attempt) {
                       const double latency_ms = SecondsSince(SentAt(attempt.payload())) * 1e3;
                       const std::lock_guard lock(mutex);
                       latencies_ms.push_back(latency_ms);
                       all.notify_one();
                       return absl::OkStatus();
                     }));
    task::Client client(redis_, clock_);
    auto next = SteadyClock::now() + kIdleBefore;
    for (int i = 0; i < flags_.tasks; ++i) {
      std::this_thread::sleep_until(next);
      next += std::chrono::milliseconds(flags_.every_ms);
      task::Task task = Noop();
      const auto now = SteadyClock::now();
      std::memcpy(task.payload->data(), &now, sizeof now);
      RETURN_IF_ERROR(client.Enqueue(task).status());
    }
    std::unique_lock lock(mutex);
    if (!all.wait_for(lock, kLimit, [&] { return latencies_ms.size() == static_cast<size_t>(flags_.tasks); })) {
      return absl::DeadlineExceededError(fmt::format("{} of {} tasks arrived", latencies_ms.size(), flags_.tasks));
    }
    std::sort(latencies_ms.begin(), latencies_ms.end());
    return nlohmann::json{{"p50_ms", latencies_ms[latencies_ms.size() / 2]},
                          {"p99_ms", latencies_ms[latencies_ms.size() * 99 / 100]},
                          {"max_ms", latencies_ms.back()}};
  }

 private:
  static task::Task Noop() {
    return {.type = std::string(kType), .payload = std::string(kPayloadBytes, '\0'), .headers = {}};
  }
  static SteadyClock::time_point SentAt(const std::string& payload) {
    SteadyClock::time_point at;
    std::memcpy(&at, payload.data(), sizeof at);
    return at;
  }

  static absl::Status AddEach(task::Client& client, std::atomic<int>& left) {
    const task::Task task = Noop();
    while (left.fetch_sub(1) > 0) RETURN_IF_ERROR(client.Enqueue(task).status());
    return absl::OkStatus();
  }

  absl::Status AddMany(task::Client& client, std::atomic<int>& left) const {
    for (;;) {
      const int many = std::min(flags_.at_once, left.fetch_sub(flags_.at_once));
      if (many <= 0) return absl::OkStatus();
      const std::vector<task::NewTask> tasks(many, {.task = Noop(), .options = {}});
      for (const auto& added : client.EnqueueAll(tasks)) RETURN_IF_ERROR(added.status());
    }
  }

  absl::StatusOr<std::unique_ptr<task::Server>> StartServer(task::Handler handler) {
    task::ServerOptions options;
    options.concurrency = flags_.concurrency;
    return task::Server::Start({.redis = options_, .clock = clock_, .logger = logger_}, std::move(options),
                               std::move(handler));
  }

  absl::StatusOr<bool> NothingLeft() {
    for (const task::State state : {task::State::kPending, task::State::kActive}) {
      ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Do(redis::Command("LLEN").Key(task::StateKey(kQueue, state))));
      ASSIGN_OR_RETURN(const int64_t length, reply.AsInteger());
      if (length > 0) return false;
    }
    return true;
  }

  const Flags flags_;
  const redis::Options options_;
  const clock::SystemClock clock_;
  const log::Logger logger_{log::Level::kWarn, clock_};
  redis::Client redis_{options_};
};

absl::Status Run(const std::string& workload, const Flags& flags) {
  ASSIGN_OR_RETURN(redis::Options options, redis::ParseAddress(flags.redis));
  Bench bench(flags, std::move(options));
  const std::map<std::string, std::function<absl::StatusOr<nlohmann::json>()>> workloads = {
      {"enqueue", [&bench] { return bench.Enqueue(); }},
      {"process", [&bench] { return bench.Process(); }},
      {"pickup", [&bench] { return bench.PickUp(); }}};
  ASSIGN_OR_RETURN(const nlohmann::json figures, workloads.at(workload)());
  fmt::print("{}\n", figures.dump());
  return absl::OkStatus();
}

}  // namespace
}  // namespace smallbiznis::bench

int main(int argc, char** argv) {
  std::string workload;
  smallbiznis::bench::Flags flags;
  CLI::App app("Our task queue's side of bench/task");
  app.add_option("workload", workload)->required()->check(CLI::IsMember({"enqueue", "process", "pickup"}));
  app.add_option("--redis", flags.redis, "host:port")->required();
  app.add_option("--tasks", flags.tasks, "how many")->required()->check(CLI::PositiveNumber);
  app.add_option("--callers", flags.callers, "enqueue: threads that share one client");
  app.add_option("--at-once", flags.at_once, "enqueue: above 1, so many in one EnqueueAll");
  app.add_option("--concurrency", flags.concurrency, "process, pickup");
  app.add_option("--every-ms", flags.every_ms, "pickup: between two tasks");
  CLI11_PARSE(app, argc, argv);
  const absl::Status done = smallbiznis::bench::Run(workload, flags);
  if (done.ok()) return 0;
  fmt::print(stderr, "{}\n", std::string(done.message()));
  return 1;
}
