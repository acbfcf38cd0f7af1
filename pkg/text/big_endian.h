// Integers in bytes, the highest first: PostgreSQL's binary formats have them so, and the ledger's encodings. A copy
// and a swap each, where a loop over the bytes is a loop in the program, too.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace smallbiznis::text {

static_assert(std::endian::native == std::endian::little);

// The other order of the bytes.
template <class Int>
Int Swapped(Int value) {
  static_assert(sizeof value == 2 || sizeof value == 4 || sizeof value == 8);
  if constexpr (sizeof value == 2) return static_cast<Int>(__builtin_bswap16(static_cast<uint16_t>(value)));
  if constexpr (sizeof value == 4) return static_cast<Int>(__builtin_bswap32(static_cast<uint32_t>(value)));
  if constexpr (sizeof value == 8) return static_cast<Int>(__builtin_bswap64(static_cast<uint64_t>(value)));
}

// Reads sizeof(Int) bytes.
template <class Int>
Int LoadBigEndian(const char* at) {
  Int value;
  std::memcpy(&value, at, sizeof value);
  return Swapped(value);
}

// Writes sizeof(Int) bytes.
template <class Int>
void StoreBigEndian(Int value, char* at) {
  value = Swapped(value);
  std::memcpy(at, &value, sizeof value);
}

}  // namespace smallbiznis::text
