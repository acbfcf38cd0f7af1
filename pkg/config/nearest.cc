#include "pkg/config/nearest.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

#include "pkg/config/keys.h"

namespace smallbiznis::config {
namespace {

std::set<std::string> AllPaths() {
  std::set<std::string> paths;
  for (const Key& key : Keys()) {
    for (size_t dot = key.path.find('.'); dot != key.path.npos; dot = key.path.find('.', dot + 1)) {
      paths.emplace(key.path.substr(0, dot));
    }
    paths.emplace(key.path);
  }
  return paths;
}

std::string_view Parent(std::string_view path) {
  return path.substr(0, path.rfind('.') + 1);
}

// From a mistyped path to a declared one. To have written only the beginning of a name counts as one mistake.
size_t Distance(std::string_view path, std::string_view declared) {
  constexpr size_t kShortestBeginning = 3;
  const bool is_beginning = path.size() >= Parent(path).size() + kShortestBeginning && declared.starts_with(path);
  return is_beginning ? 1 : EditDistance(path, declared);
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

}  // namespace

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({replaced, cost[i - 1][j] + 1, cost[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::string NearestPath(std::string_view path) {
  constexpr size_t kLongest = 100;  // no key is; keeps the table small
  if (path.size() > kLongest) return {};
  const std::string upper = Upper(path);
  std::string best;
  std::tuple<size_t, bool> best_rank{std::max<size_t>(2, upper.size() / 3) + 1, false};
  for (const std::string& candidate : AllPaths()) {
    const std::tuple<size_t, bool> rank{Distance(upper, candidate), Parent(upper) != Parent(candidate)};
    if (rank < best_rank) {
      best_rank = rank;
      best = candidate;
    }
  }
  return best;
}

}  // namespace smallbiznis::config
