// Texts by code points.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace smallbiznis::cel {

// What it costs to read or write a time as text, or to say what is wrong with a text: many additions.
inline constexpr int64_t kLongConversionCost = 50;
// And a double, an address, an amount of money or its currency.
inline constexpr int64_t kConversionCost = 10;

// How many code points `text`, which is UTF-8, has.
inline size_t CodePoints(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (c & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

// What looking for `what` bytes in `text` bytes may cost: as much as comparing them everywhere.
inline int64_t SearchCost(uint32_t text, uint32_t what) {
  return 1 + static_cast<int64_t>(text) * (3 + what / 64) / 10;
}

// Where code point `n` starts; the end of the text when it has just `n`, npos when it has fewer.
inline size_t OffsetOf(std::string_view text, size_t n) {
  for (size_t at = 0; at < text.size(); ++at) {
    if ((text[at] & 0xC0) == 0x80) continue;
    if (n-- == 0) return at;
  }
  return n == 0 ? text.size() : std::string_view::npos;
}

}  // namespace smallbiznis::cel
