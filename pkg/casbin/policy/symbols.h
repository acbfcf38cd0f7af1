// Texts of a policy as small numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "pkg/casbin/policy/huge_pages.h"

namespace smallbiznis::casbin {

using Symbol = uint32_t;
inline constexpr uint32_t kNone = UINT32_MAX;

// Each text is stored once. Not thread-safe while texts are added; afterwards many threads may read. Views that it
// returns live until the next Add.
class Symbols {
 public:
  Symbols();

  Symbol Add(std::string_view text);
  // kNone when there is no such text.
  Symbol Find(std::string_view text) const;
  // The same for many, whose waits for memory overlap.
  void Find(std::span<const std::string_view> texts, std::span<Symbol> found) const;
  std::string_view Text(Symbol symbol) const { return TextOf(records_[symbol]); }

  // What the texts take. At most kMaxBytes: before that is reached, nothing more is to be added.
  size_t bytes() const { return texts_.size(); }
  static constexpr size_t kMaxBytes = size_t{3} << 30;

  // Gives back memory that only Add needs.
  void Freeze();

 private:
  // A look-up of a policy that is larger than the caches costs as many misses as it follows pointers: here two, to the
  // slot and to the record, which is symbol, size and text.
  struct Slot {
    uint32_t hash = 0;
    uint32_t record = kNone;
  };

  Symbol SymbolOf(uint32_t record) const;
  std::string_view TextOf(uint32_t record) const;
  size_t FindSlot(std::string_view text, uint32_t hash) const;
  void Grow();

  HugeVector<char> texts_;
  std::vector<uint32_t> records_;  // by symbol
  HugeVector<Slot> slots_;         // open addressing, a power of two
};

}  // namespace smallbiznis::casbin
