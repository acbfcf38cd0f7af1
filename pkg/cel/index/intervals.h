// Which of many intervals have a place in them, in time that grows with the logarithm of their number and with the
// answer.
#pragma once

#include <cstdint>
#include <vector>

#include "pkg/cel/index/key.h"

namespace smallbiznis::cel {

// Sorted by their low ends, as a balanced tree that is implicit in the order; each node knows the highest end below it.
class IntervalSet {
 public:
  void Add(Interval interval, uint32_t rule) { nodes_.push_back({interval, 0, rule}); }
  // After the last Add(), before the first Find().
  void Build();

  // Appends the rules of the intervals that have the place.
  void Find(uint64_t place, std::vector<uint32_t>& rules) const { Find(0, nodes_.size(), place, rules); }

  bool empty() const { return nodes_.empty(); }
  size_t bytes() const { return nodes_.capacity() * sizeof(Node); }

 private:
  struct Node {
    Interval interval;
    uint64_t highest;  // of the nodes of its subtree
    uint32_t rule;
  };
  uint64_t BuildTree(size_t begin, size_t end);
  void Find(size_t begin, size_t end, uint64_t place, std::vector<uint32_t>& rules) const;

  std::vector<Node> nodes_;
};

}  // namespace smallbiznis::cel
