// A log in memory and the definitions of RFC 6962, word for word, for tests.
#pragma once

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pkg/merkle/proof.h"

namespace smallbiznis::merkle {

// MTH: section 2.1.
inline Hash DefinedRoot(std::span<const Hash> leaves) {
  if (leaves.empty()) return EmptyRoot();
  if (leaves.size() == 1) return leaves.front();
  size_t k = 1;
  while (2 * k < leaves.size()) k *= 2;
  return NodeHash(DefinedRoot(leaves.first(k)), DefinedRoot(leaves.subspan(k)));
}

// PATH: section 2.1.1.
inline std::vector<Hash> DefinedPath(size_t index, std::span<const Hash> leaves) {
  if (leaves.size() <= 1) return {};
  size_t k = 1;
  while (2 * k < leaves.size()) k *= 2;
  const auto left = leaves.first(k), right = leaves.subspan(k);
  std::vector<Hash> path = index < k ? DefinedPath(index, left) : DefinedPath(index - k, right);
  path.push_back(DefinedRoot(index < k ? right : left));
  return path;
}

// SUBPROOF: section 2.1.2; PROOF is SUBPROOF with `whole`.
inline std::vector<Hash> DefinedProof(size_t old_size, std::span<const Hash> leaves, bool whole = true) {
  if (old_size == leaves.size()) return whole ? std::vector<Hash>{} : std::vector<Hash>{DefinedRoot(leaves)};
  size_t k = 1;
  while (2 * k < leaves.size()) k *= 2;
  const auto left = leaves.first(k), right = leaves.subspan(k);
  std::vector<Hash> proof =
      old_size <= k ? DefinedProof(old_size, left, whole) : DefinedProof(old_size - k, right, false);
  proof.push_back(DefinedRoot(old_size <= k ? right : left));
  return proof;
}

// Keeps what a store would, and counts what is read.
class MemoryLog : public NodeSource {
 public:
  void Append(const Hash& leaf) {
    std::vector<TileNode> completed;
    frontier_.Append(leaf, completed);
    leaves_.push_back(leaf);
    for (const TileNode& node : completed) {
      // A store numbers rows as they come.
      if (static_cast<int64_t>(tiles_[node.level].size()) == node.index) tiles_[node.level].push_back(node.hash);
    }
  }
  // `count` leaves with data of their own.
  void Grow(int64_t count) {
    for (int64_t i = 0; i < count; ++i) Append(LeafHash(std::to_string(leaves_.size())));
  }

  absl::StatusOr<std::vector<Hash>> Leaves(int64_t begin, int64_t end) override { return Read(leaves_, begin, end); }
  absl::StatusOr<std::vector<Hash>> Tiles(int level, int64_t begin, int64_t end) override {
    return Read(tiles_[level], begin, end);
  }

  const Frontier& frontier() const { return frontier_; }
  const std::vector<Hash>& leaves() const { return leaves_; }
  std::map<int, std::vector<Hash>>& tiles() { return tiles_; }

  int reads = 0;
  int64_t most_in_a_read = 0;

 private:
  std::vector<Hash> Read(const std::vector<Hash>& all, int64_t begin, int64_t end) {
    ++reads;
    most_in_a_read = std::max(most_in_a_read, end - begin);
    const int64_t size = static_cast<int64_t>(all.size());
    return {all.begin() + std::min(begin, size), all.begin() + std::min(end, size)};
  }

  Frontier frontier_;
  std::vector<Hash> leaves_;
  std::map<int, std::vector<Hash>> tiles_;
};

}  // namespace smallbiznis::merkle
