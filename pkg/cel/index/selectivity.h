// Which of a rule's conditions the fewest inputs pass.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "pkg/cel/index/conditions.h"

namespace smallbiznis::cel {

// Knows no inputs: takes the values of an attribute to be spread like the constants that the rules compare it with.
// `rules` is to outlive it.
class Selectivity {
 public:
  explicit Selectivity(const std::vector<Conditions>& rules);

  // The condition of rule `rule` by which to find it; null where it has none.
  const Condition* Best(size_t rule) const;
  // A number for the path, the same for the same path.
  uint32_t Attribute(const Condition& condition) const;

 private:
  struct Statistics {
    absl::flat_hash_set<Key, KeyHash> keys;      // of equalities
    absl::flat_hash_set<Key, KeyHash> elements;  // of what collections contain
    absl::flat_hash_set<Key, KeyHash> prefixes;
    std::vector<uint64_t> ends[kDomains];  // of intervals, sorted
  };
  void Count(const Condition& condition);
  // Of the inputs, the part that passes.
  double Share(const Condition& condition) const;

  const std::vector<Conditions>& rules_;
  absl::flat_hash_map<std::string, uint32_t> attributes_;
  absl::flat_hash_map<const Condition*, uint32_t> attribute_of_;
  std::vector<Statistics> statistics_;
};

}  // namespace smallbiznis::cel
