#include "pkg/casbin/policy/index.h"

#include <algorithm>
#include <bit>

namespace smallbiznis::casbin {

Index::Index(const Table& table, const std::vector<uint32_t>& columns)
    : width_(columns.size() + 1),
      places_(std::bit_ceil(table.size() * size_t{2} + 2)),
      cells_(places_ * width_, kNone),
      next_(table.size(), kNone) {
  std::vector<Symbol> key(columns.size());
  // From the last to the first, so that rows of one key follow each other in their order.
  for (uint32_t row = table.size(); row-- > 0;) {
    for (size_t i = 0; i < columns.size(); ++i) key[i] = table.row(row)[columns[i]];
    if (key.back() >= last_.size()) last_.resize(std::max<size_t>(key.back() + size_t{1}, last_.size() * 2));
    last_[key.back()] = true;
    const auto place = cells_.begin() + static_cast<ptrdiff_t>(Place(key));
    uint32_t& first = place[static_cast<ptrdiff_t>(key.size())];
    std::ranges::copy(key, place);
    next_[row] = first;
    first = row;
  }
}

uint32_t Index::First(std::span<const Symbol> key) const {
  if (key.back() >= last_.size() || !last_[key.back()]) return kNone;
  return cells_[Place(key) + key.size()];
}

size_t Index::Place(std::span<const Symbol> key) const {
  size_t slot = static_cast<uint32_t>(HashSymbols(key)) & (places_ - 1);
  while (true) {
    const uint32_t* place = cells_.data() + slot * width_;
    if (place[key.size()] == kNone || std::equal(key.begin(), key.end(), place)) return slot * width_;
    slot = (slot + 1) & (places_ - 1);
  }
}

}  // namespace smallbiznis::casbin
