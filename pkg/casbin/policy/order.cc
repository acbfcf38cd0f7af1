#include "pkg/casbin/policy/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "absl/strings/numbers.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::casbin {
namespace {

absl::Status PolicyError(std::string_view message) {
  return status::Error(absl::StatusCode::kInvalidArgument, "CASBIN_POLICY", message);
}

std::vector<uint32_t> Sorted(const std::vector<int64_t>& keys) {
  std::vector<uint32_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, {}, [&keys](uint32_t row) { return keys[row]; });
  return order;
}

using Subject = std::pair<Symbol, Symbol>;  // domain, name

// How many links are between each subject and the root that is furthest.
class Levels {
 public:
  Levels(const Table& roles, const Symbols& symbols) : symbols_(symbols) {
    for (uint32_t row = 0; row < roles.size(); ++row) {
      const std::span<const Symbol> cells = roles.row(row);
      const Symbol domain = cells.size() == 2 ? kNone : cells[2];
      roles_[{domain, cells[0]}].emplace_back(domain, cells[1]);
    }
  }

  // 0 for a subject without roles.
  absl::StatusOr<int64_t> Of(const Subject& subject) {
    const auto [known, added] = levels_.emplace(subject, kOpen);
    if (!added) {
      if (known->second != kOpen) return known->second;
      return PolicyError(fmt::format("{} is its own role: subjects have no order", symbols_.Text(subject.second)));
    }
    int64_t level = 0;
    if (const auto roles = roles_.find(subject); roles != roles_.end()) {
      for (const Subject& role : roles->second) {
        if (++depth_ > kMaxDepth) return PolicyError("roles are nested too deeply to have an order");
        ASSIGN_OR_RETURN(const int64_t above, Of(role));
        --depth_;
        level = std::max(level, above + 1);
      }
    }
    levels_[subject] = level;
    return level;
  }

 private:
  static constexpr int64_t kOpen = -1;
  static constexpr int kMaxDepth = 1000;

  const Symbols& symbols_;
  std::map<Subject, std::vector<Subject>> roles_;
  std::map<Subject, int64_t> levels_;
  int depth_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<uint32_t>> OrderByPriority(const Table& rules, uint32_t column, const Symbols& symbols) {
  std::vector<int64_t> keys(rules.size());
  for (uint32_t row = 0; row < rules.size(); ++row) {
    const std::string_view priority = symbols.Text(rules.row(row)[column]);
    if (!absl::SimpleAtoi(text::ToAbsl(priority), &keys[row])) {
      return PolicyError(
          fmt::format("policy line {}: the priority {} is not a whole number", rules.line(row), priority));
    }
  }
  return Sorted(keys);
}

absl::StatusOr<std::vector<uint32_t>> OrderBySubject(const Table& rules, uint32_t domain_column, const Table& roles,
                                                     const Symbols& symbols) {
  Levels levels(roles, symbols);
  std::vector<int64_t> keys(rules.size());
  for (uint32_t row = 0; row < rules.size(); ++row) {
    const std::span<const Symbol> cells = rules.row(row);
    const Symbol domain = domain_column == kNone ? kNone : cells[domain_column];
    ASSIGN_OR_RETURN(const int64_t level, levels.Of({domain, cells[0]}));
    keys[row] = -level;
  }
  return Sorted(keys);
}

}  // namespace smallbiznis::casbin
