#include "pkg/casbin/policy/table.h"

#include <algorithm>

namespace smallbiznis::casbin {

uint64_t HashSymbols(std::span<const Symbol> symbols) {
  uint64_t hash = 0x9e3779b97f4a7c15;
  for (const Symbol symbol : symbols) {
    hash = (hash ^ symbol) * 0xff51afd7ed558ccd;
    hash ^= hash >> 32;
  }
  return hash;
}

bool Table::Add(std::span<const Symbol> row, uint32_t line) {
  if ((lines_.size() + 1) * 3 > slots_.size() * 2) Grow();
  const auto hash = static_cast<uint32_t>(HashSymbols(row));
  Head& head = slots_[Slot(row, hash)];
  if (head.row != kNone) return false;
  head = {hash, size()};
  if (lines_.empty()) width_ = row.size();
  if (row.size() != width_ && offsets_.empty()) {
    for (uint32_t at = 0; at <= size(); ++at) offsets_.push_back(static_cast<uint32_t>(at * width_));
  }
  cells_.insert(cells_.end(), row.begin(), row.end());
  if (!offsets_.empty()) offsets_.push_back(static_cast<uint32_t>(cells_.size()));
  lines_.push_back(line);
  return true;
}

void Table::Reorder(std::span<const uint32_t> order) {
  Table ordered;
  for (const uint32_t at : order) ordered.Add(row(at), line(at));
  *this = std::move(ordered);
}

void Table::Freeze() {
  slots_ = {};
  cells_.shrink_to_fit();
  offsets_.shrink_to_fit();
  lines_.shrink_to_fit();
}

size_t Table::Slot(std::span<const Symbol> wanted, uint32_t hash) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash & mask;
  while (slots_[slot].row != kNone &&
         (slots_[slot].hash != hash || !std::ranges::equal(row(slots_[slot].row), wanted))) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

void Table::Grow() {
  HugeVector<Head> grown(std::max<size_t>(16, slots_.size() * 2));
  const size_t mask = grown.size() - 1;
  for (const Head& head : slots_) {
    if (head.row == kNone) continue;
    size_t slot = head.hash & mask;
    while (grown[slot].row != kNone) slot = (slot + 1) & mask;
    grown[slot] = head;
  }
  slots_ = std::move(grown);
}

}  // namespace smallbiznis::casbin
