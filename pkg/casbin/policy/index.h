// Rules by the values of some of their columns.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pkg/casbin/policy/huge_pages.h"
#include "pkg/casbin/policy/symbols.h"
#include "pkg/casbin/policy/table.h"

namespace smallbiznis::casbin {

// Immutable once built, and then thread-safe. The table must outlive it.
class Index {
 public:
  Index(const Table& table, std::vector<uint32_t> columns);

  // The first row whose columns hold `key`, kNone when there is none; then the next one with the same key.
  uint32_t First(std::span<const Symbol> key) const;
  uint32_t Next(uint32_t row) const { return next_[row]; }

 private:
  struct Head {
    uint32_t hash = 0;
    uint32_t row = kNone;
  };

  bool Holds(uint32_t row, std::span<const Symbol> key) const;
  size_t Slot(std::span<const Symbol> key, uint32_t hash) const;

  const Table& table_;
  std::vector<uint32_t> columns_;
  HugeVector<Head> heads_;  // the first row of each key, open addressing
  std::vector<uint32_t> next_;
  std::vector<bool> last_;  // by symbol, whether it is in the last column: most that a role closure lists are in none
};

}  // namespace smallbiznis::casbin
