// Rules by the values of some of their columns.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pkg/casbin/policy/huge_pages.h"
#include "pkg/casbin/policy/symbols.h"
#include "pkg/casbin/policy/table.h"

namespace smallbiznis::casbin {

// Immutable once built, and then thread-safe.
class Index {
 public:
  Index(const Table& table, const std::vector<uint32_t>& columns);

  // The first row whose columns hold `key`, kNone when there is none; then the next one with the same key.
  uint32_t First(std::span<const Symbol> key) const;
  uint32_t Next(uint32_t row) const { return next_[row]; }

 private:
  // Where `key` is in cells_, or the free place where it would be.
  size_t Place(std::span<const Symbol> key) const;

  size_t width_;   // of a place: the symbols of a key, then the first row of that key, kNone where the place is free
  size_t places_;  // a power of two
  HugeVector<uint32_t> cells_;  // open addressing; a look-up reads this and not the table, which would be another miss
  std::vector<uint32_t> next_;
  std::vector<bool> last_;  // by symbol, whether it is in the last column: most that a role closure lists are in none
};

}  // namespace smallbiznis::casbin
