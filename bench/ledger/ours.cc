// The ledger's lanes without a network protocol in front: posts of one row or of many, on one tenant or on several.
// Finds PostgreSQL by the DATABASE_ variables; the tenants must be there. Prints one JSON object.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "absl/strings/numbers.h"
#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/pool.h"
#include "services/ledger/post/lanes.h"
#include "services/ledger/record/encoding.h"
#include "services/tenant/gate.h"

namespace smallbiznis::ledger {
namespace {

using Clock = std::chrono::steady_clock;

struct Load {
  std::vector<int64_t> tenants;
  int callers = 16;
  int rows = 1;  // of a post
  int members = 1000;
  int64_t amount = 10;
  int64_t posts = 0;  // entries, when not 0; else `seconds`
  double seconds = 4;
};

struct Seen {
  std::atomic<int64_t> begun = 0;
  std::atomic<int64_t> posted = 0;
  std::mutex mutex;
  std::vector<int64_t> micros;
};

std::string Environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

int Port() {
  int port = 0;
  if (!absl::SimpleAtoi(Environment("DATABASE_PORT", "5432"), &port)) std::exit(2);
  return port;
}

std::unique_ptr<db::Pool> OpenPool(const clock::Clock& clock) {
  db::PoolOptions options{.host = Environment("DATABASE_HOST", "127.0.0.1"),
                          .port = Port(),
                          .user = Environment("DATABASE_USER", "smallbiznis_app"),
                          .password = Environment("DATABASE_PASSWORD", ""),
                          .dbname = Environment("DATABASE_DBNAME", "smallbiznis")};
  auto pool = db::Pool::Open(options, clock, {});
  if (!pool.ok()) {
    std::cerr << pool.status() << "\n";
    std::exit(1);
  }
  return *std::move(pool);
}

// What the chain and the tree cost of an entry like those that are posted: its hash, and its leaf's.
double ChainMicros() {
  constexpr int64_t kEntries = 200'000;
  Entry entry{.tenant = TenantId(7230018201), .unit = "POINT", .amount = 10, .source = "issuance"};
  entry.destination = "member:m512";
  entry.destination_balance = 5120;
  entry.reference_id = "a1b2c3d4e5f6-100000";
  entry.actor = "api_key:7230018201";
  entry.posted_at = absl::FromUnixMicros(1'790'000'000'000'000);
  entry.given = {{1, 10}};
  merkle::Hash head = ChainStart(entry.tenant);
  merkle::Frontier tree;
  std::vector<merkle::TileNode> tiles;
  const auto begun = Clock::now();
  for (entry.entry_id = 1; entry.entry_id <= kEntries; ++entry.entry_id) {
    head = EntryHash(entry, head);
    tree.Append(merkle::LeafHash(merkle::Bytes(head)), tiles);
  }
  return std::chrono::duration<double, std::micro>(Clock::now() - begun).count() / kEntries;
}

// Whether there is more to post.
bool Goes(const Load& load, Clock::time_point end, Seen& seen) {
  return load.posts > 0 ? seen.begun.fetch_add(load.rows) < load.posts : Clock::now() < end;
}

void Call(Lanes& lanes, const Load& load, int caller, Clock::time_point end, Seen& seen) {
  const TenantId tenant(load.tenants[static_cast<size_t>(caller) % load.tenants.size()]);
  std::vector<int64_t> micros;
  int64_t n = 0;
  const std::string prefix = crypto::Hex(crypto::RandomBytes(6));
  while (Goes(load, end, seen)) {
    Request request;
    for (int row = 0; row < load.rows; ++row) {
      const int64_t member = (caller * 7919 + n) % load.members;
      Credit credit{.account = {"POINT", fmt::format("m{}", member)}, .amount = load.amount};
      credit.note.reference_id = fmt::format("{}-{}", prefix, n);
      request.commands.push_back({.actor = "api_key:7230018201", .action = std::move(credit)});
      ++n;
    }
    const auto begun = Clock::now();
    const auto results = lanes.Post(tenant, std::move(request), absl::InfiniteFuture());
    micros.push_back(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun).count());
    for (const auto& result : results) {
      if (!result.ok()) {
        std::cerr << result.status() << "\n";
        std::exit(1);
      }
    }
    seen.posted += load.rows;
  }
  const std::lock_guard lock(seen.mutex);
  seen.micros.insert(seen.micros.end(), micros.begin(), micros.end());
}

void Run(const Load& load) {
  const clock::SystemClock clock;
  const std::unique_ptr<db::Pool> pool = OpenPool(clock);
  tenant::Gate gate;
  const audit::Audit audit(clock);
  const Poster poster(*pool, gate, audit, clock);
  Lanes lanes(poster, {});
  Seen seen;
  const auto begun = Clock::now();
  const auto end = begun + std::chrono::microseconds(static_cast<int64_t>(load.seconds * 1e6));
  std::vector<std::thread> callers;
  for (int i = 0; i < load.callers; ++i) {
    callers.emplace_back([&, i] { Call(lanes, load, i, end, seen); });
  }
  for (std::thread& each : callers) each.join();
  const double took = std::chrono::duration<double>(Clock::now() - begun).count();
  std::sort(seen.micros.begin(), seen.micros.end());
  const auto percentile = [&](double share) {
    return seen.micros[static_cast<size_t>(share * static_cast<double>(seen.micros.size() - 1))];
  };
  const double rate = static_cast<double>(seen.posted) / took;
  std::cout << nlohmann::json{{"per_second", rate},
                              {"chain_share", ChainMicros() * 1e-6 * rate},
                              {"posted", seen.posted.load()},
                              {"p50_us", percentile(0.5)},
                              {"p99_us", percentile(0.99)}}
            << "\n";
}

}  // namespace
}  // namespace smallbiznis::ledger

int main(int argc, char** argv) {
  smallbiznis::ledger::Load load;
  CLI::App app("Posts through the ledger's lanes, in process.");
  app.add_option("--tenants", load.tenants, "their ids")->required()->delimiter(',');
  app.add_option("--callers", load.callers, "posts in flight");
  app.add_option("--rows", load.rows, "entries of a post");
  app.add_option("--members", load.members, "members of a tenant");
  app.add_option("--amount", load.amount, "of an entry");
  app.add_option("--posts", load.posts, "how many entries, whatever --seconds says");
  app.add_option("--seconds", load.seconds, "how long");
  CLI11_PARSE(app, argc, argv);
  smallbiznis::ledger::Run(load);
  return 0;
}
