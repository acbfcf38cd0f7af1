// The rules of one definition (p, p2, g, ...), as rows of symbols.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pkg/casbin/policy/huge_pages.h"
#include "pkg/casbin/policy/symbols.h"

namespace smallbiznis::casbin {

// Rows may differ in length. Not thread-safe while it changes.
class Table {
 public:
  uint32_t size() const { return static_cast<uint32_t>(lines_.size()); }
  std::span<const Symbol> row(uint32_t at) const {
    if (offsets_.empty()) return {cells_.data() + size_t{at} * width_, width_};
    return {cells_.data() + offsets_[at], offsets_[at + 1] - offsets_[at]};
  }
  uint32_t line(uint32_t at) const { return lines_[at]; }

  // False, and nothing is added, when there is such a row already.
  bool Add(std::span<const Symbol> row, uint32_t line);

  // Puts the rows into another order: the new row i is the old row order[i]. To be called before Freeze.
  void Reorder(std::span<const uint32_t> order);
  // Gives back what only Add needs.
  void Freeze();

 private:
  struct Head {
    uint32_t hash = 0;
    uint32_t row = kNone;
  };

  size_t Slot(std::span<const Symbol> row, uint32_t hash) const;
  void Grow();

  HugeVector<Symbol> cells_;
  size_t width_ = 0;               // of every row, while they are alike
  std::vector<uint32_t> offsets_;  // of the rows once they are not, and where the last one ends
  std::vector<uint32_t> lines_;
  HugeVector<Head> slots_;  // rows by what they hold, open addressing
};

// Mixes symbols into one number.
uint64_t HashSymbols(std::span<const Symbol> symbols);

}  // namespace smallbiznis::casbin
