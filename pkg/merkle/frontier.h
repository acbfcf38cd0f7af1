// What a log must keep to go on growing its Merkle tree: the roots of the perfect subtrees that the tree of n leaves is
// made of, one for each bit that is set in n. An append costs two hashes on average, a root at most 62.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/merkle/hash.h"

namespace smallbiznis::merkle {

// A level of stored nodes stands on 2^kTileBits of the level below: levels 8, 16, 24, ... above the leaves.
inline constexpr int kTileBits = 8;

// The root of the leaves [index << level, (index + 1) << level). It never changes once it is there. A store that keeps
// these, one for 256 leaves, gives proofs at any size from few rows (proof.h).
struct TileNode {
  int level = 0;  // 8, 16, 24, ...
  int64_t index = 0;
  Hash hash{};

  friend bool operator==(const TileNode&, const TileNode&) = default;
};

// Values may be copied; not thread-safe beside a change.
class Frontier {
 public:
  Frontier() = default;  // of a tree without leaves

  // What Serialize gave at `size` leaves. DATA_LOSS, reason MERKLE_FRONTIER_BROKEN, when there cannot be so many bytes
  // for that size. Whether they are the right ones shows only in the root.
  static absl::StatusOr<Frontier> Parse(int64_t size, std::string_view bytes);
  // Of the tree of `size` > 0 leaves whose last leaf is `leaf` (LeafHash), from the inclusion proof of that leaf: it
  // has every perfect subtree to its left. INVALID_ARGUMENT, reason MERKLE_PROOF_BROKEN, when it is not a proof of that
  // length. Whether it is the right one shows only in the root.
  static absl::StatusOr<Frontier> OfLastLeaf(int64_t size, const Hash& leaf, std::span<const Hash> proof);
  // 32 bytes a perfect subtree, the largest first; the size says how many.
  std::string Serialize() const;

  int64_t size() const { return size_; }
  Hash Root() const;

  // `leaf` is the leaf's hash (LeafHash), not its data. Adds to `completed` the tile nodes that are there from now on,
  // lower levels first.
  void Append(const Hash& leaf, std::vector<TileNode>& completed);

 private:
  int64_t size_ = 0;
  std::vector<Hash> peaks_;  // the largest subtree first
};

}  // namespace smallbiznis::merkle
