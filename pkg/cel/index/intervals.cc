#include "pkg/cel/index/intervals.h"

#include <algorithm>

namespace smallbiznis::cel {

void IntervalSet::Build() {
  std::erase_if(nodes_, [](const Node& node) { return node.interval.empty(); });
  std::sort(nodes_.begin(), nodes_.end(), [](const Node& a, const Node& b) { return a.interval.low < b.interval.low; });
  nodes_.shrink_to_fit();
  BuildTree(0, nodes_.size());
}

uint64_t IntervalSet::BuildTree(size_t begin, size_t end) {
  if (begin == end) return 0;
  const size_t middle = begin + (end - begin) / 2;
  const uint64_t below = std::max(BuildTree(begin, middle), BuildTree(middle + 1, end));
  nodes_[middle].highest = std::max(below, nodes_[middle].interval.high);
  return nodes_[middle].highest;
}

void IntervalSet::Find(size_t begin, size_t end, uint64_t place, std::vector<uint32_t>& rules) const {
  while (begin < end) {
    const size_t middle = begin + (end - begin) / 2;
    const Node& node = nodes_[middle];
    if (node.highest < place) return;
    Find(begin, middle, place, rules);
    if (node.interval.low > place) return;
    if (node.interval.high >= place) rules.push_back(node.rule);
    begin = middle + 1;
  }
}

}  // namespace smallbiznis::cel
