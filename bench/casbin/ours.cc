// Our side of bench/casbin: loads a policy, asks allowed requests in turn, and prints what it took as JSON.
#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pkg/casbin/enforcer.h"

namespace smallbiznis::casbin {
namespace {

using Request = std::array<std::string, 4>;
using std::chrono::steady_clock;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Request> ReadRequests(const std::string& path) {
  std::ifstream file(path);
  std::vector<Request> requests;
  for (Request request; file >> request[0] >> request[1] >> request[2] >> request[3];) requests.push_back(request);
  return requests;
}

double Seconds(steady_clock::time_point since) {
  return std::chrono::duration<double>(steady_clock::now() - since).count();
}

// Not that of getrusage, which remembers what started the program.
double PeakMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}

// How many requests were not allowed.
size_t AskAll(const Enforcer& enforcer, const std::vector<Request>& requests, size_t checks) {
  size_t refused = 0;
  for (size_t i = 0; i < checks; ++i) {
    const Request& request = requests[i % requests.size()];
    const auto decision = enforcer.Enforce({request[0], request[1], request[2], request[3]});
    if (!decision.ok() || !decision->allowed) ++refused;
  }
  return refused;
}

int Run(const std::string& model, const std::string& policy, const std::vector<std::string>& asked, size_t checks) {
  const auto enforcer = Enforcer::Create(ReadFile(model));
  if (!enforcer.ok()) return 1;
  const steady_clock::time_point loading = steady_clock::now();
  FileAdapter adapter(policy);
  if (!(*enforcer)->Load(adapter).ok()) return 1;
  nlohmann::json result = {{"load_s", Seconds(loading)}, {"load_mb", PeakMegabytes()}, {"version", ""}};
  for (const std::string& path : asked) {
    const std::vector<Request> requests = ReadRequests(path);
    AskAll(**enforcer, requests, checks / 10);  // warm
    const steady_clock::time_point checking = steady_clock::now();
    const size_t refused = AskAll(**enforcer, requests, checks);
    const double check_us = Seconds(checking) * 1e6 / static_cast<double>(checks);
    result["asked"].push_back({{"check_us", check_us}, {"checks", checks}, {"refused", refused}});
  }
  std::puts(result.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace smallbiznis::casbin

int main(int argc, char** argv) {
  CLI::App app("Measures pkg/casbin");
  std::string model, policy;
  std::vector<std::string> requests;
  double seconds = 1;
  app.add_option("model", model)->required();
  app.add_option("policy", policy)->required();
  app.add_option("seconds", seconds)->required();
  app.add_option("requests", requests)->required();
  CLI11_PARSE(app, argc, argv);
  return smallbiznis::casbin::Run(model, policy, requests, static_cast<size_t>(seconds * 1e6));
}
