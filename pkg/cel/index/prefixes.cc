#include "pkg/cel/index/prefixes.h"

#include <algorithm>

namespace smallbiznis::cel {

void PrefixSet::Build() {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.text < b.text; });
  entries_.shrink_to_fit();
  for (uint32_t i = 1; i < entries_.size(); ++i) {
    uint32_t parent = i - 1;
    while (parent != kNone && !entries_[i].text.starts_with(entries_[parent].text)) parent = entries_[parent].parent;
    entries_[i].parent = parent;
  }
}

void PrefixSet::Find(std::string_view value, std::vector<uint32_t>& rules) const {
  const auto above = std::upper_bound(entries_.begin(), entries_.end(), value,
                                      [](std::string_view text, const Entry& entry) { return text < entry.text; });
  if (above == entries_.begin()) return;
  auto at = static_cast<uint32_t>(above - entries_.begin() - 1);
  while (at != kNone && !value.starts_with(entries_[at].text)) at = entries_[at].parent;
  for (; at != kNone; at = entries_[at].parent) rules.push_back(entries_[at].rule);
}

}  // namespace smallbiznis::cel
