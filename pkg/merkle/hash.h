// SHA-256 as a value, and the two hashes of a Merkle tree (RFC 6962, section 2.1): a leaf is SHA-256(0x00 || data), a
// node SHA-256(0x01 || left || right), so that no leaf passes for a node. Thread-safe; nothing here fails.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace smallbiznis::merkle {

using Hash = std::array<uint8_t, 32>;

Hash Sha256(std::string_view data);
Hash LeafHash(std::string_view data);
Hash NodeHash(const Hash& left, const Hash& right);

// The root of a tree without leaves: SHA-256 of nothing.
Hash EmptyRoot();

// The 32 bytes of `hash`, which must outlive the result.
inline std::string_view Bytes(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}
std::string Hex(const Hash& hash);  // lower case

// Nothing unless `bytes` are 32, or `hex` is 64 lower-case hexadecimal digits.
std::optional<Hash> FromBytes(std::string_view bytes);
std::optional<Hash> FromHex(std::string_view hex);

}  // namespace smallbiznis::merkle
