// A log in memory and the definitions of RFC 6962, word for word, for tests.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pkg/merkle/proof.h"

namespace smallbiznis::merkle {

// Roots and proofs of any range of some leaves. Roots are remembered, or a test of every size would take minutes.
class Definition {
 public:
  explicit Definition(std::vector<Hash> leaves) : leaves_(std::move(leaves)) {}

  // MTH of the first `size`: section 2.1.
  Hash Root(size_t size) { return size == 0 ? EmptyRoot() : Root(0, size); }
  // PATH: section 2.1.1.
  std::vector<Hash> Path(size_t index, size_t size) { return Path(index, 0, size); }
  // PROOF: section 2.1.2.
  std::vector<Hash> Proof(size_t old_size, size_t size) { return Subproof(old_size, 0, size, true); }

 private:
  static size_t Split(size_t size) {
    size_t k = 1;
    while (2 * k < size) k *= 2;
    return k;
  }
  Hash Root(size_t begin, size_t size) {
    if (size == 1) return leaves_[begin];
    if (const auto known = roots_.find({begin, size}); known != roots_.end()) return known->second;
    const size_t k = Split(size);
    return roots_[{begin, size}] = NodeHash(Root(begin, k), Root(begin + k, size - k));
  }
  std::vector<Hash> Path(size_t index, size_t begin, size_t size) {
    if (size == 1) return {};
    const size_t k = Split(size);
    std::vector<Hash> path = index < k ? Path(index, begin, k) : Path(index - k, begin + k, size - k);
    path.push_back(index < k ? Root(begin + k, size - k) : Root(begin, k));
    return path;
  }
  std::vector<Hash> Subproof(size_t old_size, size_t begin, size_t size, bool whole) {
    if (old_size == size) return whole ? std::vector<Hash>{} : std::vector<Hash>{Root(begin, size)};
    const size_t k = Split(size);
    std::vector<Hash> proof =
        old_size <= k ? Subproof(old_size, begin, k, whole) : Subproof(old_size - k, begin + k, size - k, false);
    proof.push_back(old_size <= k ? Root(begin + k, size - k) : Root(begin, k));
    return proof;
  }

  const std::vector<Hash> leaves_;
  std::map<std::pair<size_t, size_t>, Hash> roots_;
};

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
