// Verifies API keys in this process as the router does, one call after the other. Reads keys, one a line, from standard
// input, the database from the arguments; prints one JSON object: nanoseconds a verification, a figure a round.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/pool.h"
#include "services/identity/api_key/key_authenticator.h"

namespace smallbiznis {
namespace {

constexpr int kVerifications = 200'000;

int Run(const db::PoolOptions& database, const std::string& secret, const std::vector<rpc::Credentials>& shown,
        int rounds) {
  const clock::SystemClock clock;
  const absl::StatusOr<crypto::Keyring> keyring = crypto::Keyring::FromText(secret);
  const absl::StatusOr<std::unique_ptr<db::Pool>> pool = db::Pool::Open(database, clock, {});
  if (!keyring.ok() || !pool.ok()) {
    std::cerr << keyring.status() << " " << pool.status() << "\n";
    return 1;
  }
  identity::KeyCache cache(clock);
  identity::LastUsed last_used(**pool);
  identity::KeyAuthenticator authenticator(**pool, *keyring, clock, cache, last_used);
  cache.OnListening();
  nlohmann::json out;
  for (int round = -1; round < rounds; ++round) {
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < kVerifications; ++i) {
      const auto proven = authenticator.Authenticate(shown[static_cast<size_t>(i) % shown.size()]);
      if (!proven.ok()) {
        std::cerr << proven.status() << "\n";
        return 1;
      }
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begun;
    if (round >= 0) out.push_back(took.count() / kVerifications);  // the first one reads the keys
  }
  std::cout << out << "\n";
  return 0;
}

}  // namespace
}  // namespace smallbiznis

int main(int argc, char** argv) {
  smallbiznis::db::PoolOptions database;
  std::string secret;
  int rounds = 10;
  CLI::App app("Verifies API keys.");
  app.add_option("--host", database.host)->envname("DATABASE_HOST");
  app.add_option("--port", database.port)->envname("DATABASE_PORT");
  app.add_option("--user", database.user)->envname("DATABASE_USER");
  app.add_option("--password", database.password)->envname("DATABASE_PASSWORD");
  app.add_option("--dbname", database.dbname)->envname("DATABASE_DBNAME");
  app.add_option("--secret", secret)->envname("SECRET_AES");
  app.add_option("--rounds", rounds);
  CLI11_PARSE(app, argc, argv);
  std::vector<smallbiznis::rpc::Credentials> shown;
  for (std::string key; std::cin >> key;) shown.emplace_back("Bearer " + key);
  return smallbiznis::Run(database, secret, shown, rounds);
}
