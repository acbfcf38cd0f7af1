#include "pkg/config/environment_source.h"

#include <unistd.h>

#include <cstddef>
#include <set>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "pkg/config/keys.h"
#include "pkg/config/nearest.h"

namespace smallbiznis::config {
namespace {

constexpr size_t kTypoDistance = 2;

// The declared name that `variable` is a mistyped form of, empty when it is somebody else's. The typo must lie behind
// the section, and leave at least half of what stands there as it was: REDIS_IP is not REDIS_DB.
std::string MistypedName(std::string_view variable) {
  std::string best;
  size_t best_distance = kTypoDistance + 1;
  for (const Key& key : Keys()) {
    const size_t dot = key.path.find('.');
    if (dot == key.path.npos) continue;
    const std::string name = EnvironmentName(key.path);
    const std::string_view prefix = std::string_view(name).substr(0, dot + 1);
    if (!variable.starts_with(prefix)) continue;
    const std::string_view rest = variable.substr(prefix.size());
    const std::string_view expected = std::string_view(name).substr(prefix.size());
    if (rest.size() > expected.size() + kTypoDistance) continue;
    const size_t distance = EditDistance(rest, expected);
    if (distance < best_distance && 2 * distance <= rest.size()) {
      best_distance = distance;
      best = name;
    }
  }
  return best;
}

const Key* FindByEnvironmentName(std::string_view name) {
  for (const Key& key : Keys()) {
    if (EnvironmentName(key.path) == name) return &key;
  }
  return nullptr;
}

}  // namespace

EnvironmentSource EnvironmentSource::OfProcess() {
  Variables variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != text.npos) variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return EnvironmentSource(std::move(variables));
}

absl::StatusOr<std::vector<Entry>> EnvironmentSource::Read() {
  std::vector<Entry> entries;
  std::vector<std::string> problems;
  for (const auto& [name, value] : variables_) {
    const std::string origin = fmt::format("environment {}", name);
    if (const Key* key = FindByEnvironmentName(name); key != nullptr) {
      entries.push_back({.key = std::string(key->path), .value = {.text = value}, .origin = origin});
    } else if (const std::string meant = MistypedName(name); !meant.empty()) {
      problems.push_back(fmt::format("{} is not a known key; did you mean {}?", origin, meant));
    }
  }
  if (!problems.empty()) return absl::InvalidArgumentError(fmt::format("{}", fmt::join(problems, "\n")));
  return entries;
}

}  // namespace smallbiznis::config
