#include "pkg/casbin/policy/index.h"

#include <algorithm>
#include <bit>

namespace smallbiznis::casbin {

Index::Index(const Table& table, std::vector<uint32_t> columns)
    : table_(table),
      columns_(std::move(columns)),
      heads_(std::bit_ceil(table.size() * size_t{2} + 2)),
      next_(table.size(), kNone) {
  std::vector<Symbol> key(columns_.size());
  // From the last to the first, so that rows of one key follow each other in their order.
  for (uint32_t row = table_.size(); row-- > 0;) {
    for (size_t i = 0; i < columns_.size(); ++i) key[i] = table_.row(row)[columns_[i]];
    if (key.back() >= last_.size()) last_.resize(std::max<size_t>(key.back() + size_t{1}, last_.size() * 2));
    last_[key.back()] = true;
    const auto hash = static_cast<uint32_t>(HashSymbols(key));
    Head& head = heads_[Slot(key, hash)];
    next_[row] = head.row;
    head = {hash, row};
  }
}

uint32_t Index::First(std::span<const Symbol> key) const {
  if (key.back() >= last_.size() || !last_[key.back()]) return kNone;
  return heads_[Slot(key, static_cast<uint32_t>(HashSymbols(key)))].row;
}

bool Index::Holds(uint32_t row, std::span<const Symbol> key) const {
  const std::span<const Symbol> cells = table_.row(row);
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (cells[columns_[i]] != key[i]) return false;
  }
  return true;
}

size_t Index::Slot(std::span<const Symbol> key, uint32_t hash) const {
  const size_t mask = heads_.size() - 1;
  size_t slot = hash & mask;
  while (heads_[slot].row != kNone && (heads_[slot].hash != hash || !Holds(heads_[slot].row, key))) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

}  // namespace smallbiznis::casbin
