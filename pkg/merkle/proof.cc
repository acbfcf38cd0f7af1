#include "pkg/merkle/proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "pkg/status/status.h"

namespace smallbiznis::merkle {
namespace {

constexpr int64_t kTileWidth = int64_t{1} << kTileBits;

absl::Status OutOfRange() {
  return status::Error(absl::StatusCode::kOutOfRange, "MERKLE_OUT_OF_RANGE", "there is no such leaf or size");
}

// Where RFC 6962 cuts a range of leaves: the largest power of two below their number, which is at least 2.
int64_t LeftPart(int64_t leaves) {
  return static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(leaves - 1)));
}

// The roots of ranges of leaves in the tree of `size` leaves, from blocks of 256 hashes that are read once each.
class Ranges {
 public:
  Ranges(NodeSource& source, int64_t size) : source_(source), size_(size) {}

  // The root of [begin, end), not empty; `begin` is a multiple of every power of two up to their number.
  absl::StatusOr<Hash> Root(int64_t begin, int64_t end) {
    std::vector<Hash> peaks;
    while (begin < end) {
      const int level = std::bit_width(static_cast<uint64_t>(end - begin)) - 1;
      ASSIGN_OR_RETURN(const Hash peak, Perfect(level, begin >> level));
      peaks.push_back(peak);
      begin += int64_t{1} << level;
    }
    Hash root = peaks.back();
    for (size_t i = peaks.size() - 1; i-- > 0;) root = NodeHash(peaks[i], root);
    return root;
  }

 private:
  // The root of the 2^level leaves from index << level on, folded from the stored level at or below it.
  absl::StatusOr<Hash> Perfect(int level, int64_t index) {
    const int stored = level / kTileBits * kTileBits;
    const int64_t first = index << (level - stored);
    ASSIGN_OR_RETURN(const std::vector<Hash>* block, Block(stored, first / kTileWidth));
    const auto begin = block->begin() + first % kTileWidth;
    std::vector<Hash> nodes(begin, begin + (int64_t{1} << (level - stored)));
    for (; nodes.size() > 1; nodes.resize(nodes.size() / 2)) {
      for (size_t i = 0; i < nodes.size() / 2; ++i) nodes[i] = NodeHash(nodes[2 * i], nodes[2 * i + 1]);
    }
    return nodes.front();
  }

  absl::StatusOr<const std::vector<Hash>*> Block(int level, int64_t number) {
    const auto known = blocks_.find({level, number});
    if (known != blocks_.end()) return &known->second;
    const int64_t begin = number * kTileWidth;
    const int64_t end = std::min(begin + kTileWidth, size_ >> level);
    ASSIGN_OR_RETURN(std::vector<Hash> nodes,
                     level == 0 ? source_.Leaves(begin, end) : source_.Tiles(level, begin, end));
    if (static_cast<int64_t>(nodes.size()) != end - begin) {
      return status::Error(absl::StatusCode::kDataLoss, "MERKLE_NODES_MISSING",
                           fmt::format("level {} of the Merkle tree has {} of the {} nodes from {} on", level,
                                       nodes.size(), end - begin, begin));
    }
    return &blocks_.emplace(std::pair(level, number), std::move(nodes)).first->second;
  }

  NodeSource& source_;
  const int64_t size_;
  std::map<std::pair<int, int64_t>, std::vector<Hash>> blocks_;
};

// A leaf's way up, as numbers of nodes within their level: of `node` and of the last one of that level.
struct Climb {
  int64_t node;
  int64_t last;

  void Up() {
    node >>= 1;
    last >>= 1;
  }
  // Whether the sibling is on the left. A last node without one climbs alone until it is a right child.
  bool SiblingIsLeft() {
    if ((node & 1) == 0 && node != last) return false;
    while ((node & 1) == 0 && node != 0) Up();
    return true;
  }
};

absl::Status Broken(std::string_view what) {
  return status::Error(absl::StatusCode::kInvalidArgument, "MERKLE_PROOF_BROKEN", what);
}

}  // namespace

absl::StatusOr<Hash> RootAt(NodeSource& source, int64_t size) {
  if (size < 0) return OutOfRange();
  if (size == 0) return EmptyRoot();
  return Ranges(source, size).Root(0, size);
}

absl::StatusOr<std::vector<Hash>> ProveInclusion(NodeSource& source, const Place& place) {
  if (place.index < 0 || place.index >= place.size) return OutOfRange();
  Ranges ranges(source, place.size);
  std::vector<Hash> proof;
  for (int64_t begin = 0, end = place.size; end - begin > 1;) {
    const int64_t middle = begin + LeftPart(end - begin);
    const bool left = place.index < middle;
    ASSIGN_OR_RETURN(const Hash sibling, left ? ranges.Root(middle, end) : ranges.Root(begin, middle));
    proof.push_back(sibling);
    (left ? end : begin) = middle;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

absl::Status VerifyInclusion(const Hash& leaf, const Place& place, std::span<const Hash> proof, const Hash& root) {
  if (place.index < 0 || place.index >= place.size) return Broken("the tree has no such leaf");
  Climb climb{.node = place.index, .last = place.size - 1};
  Hash hash = leaf;
  for (const Hash& sibling : proof) {
    if (climb.last == 0) return Broken("the inclusion proof is too long");
    hash = climb.SiblingIsLeft() ? NodeHash(sibling, hash) : NodeHash(hash, sibling);
    climb.Up();
  }
  if (climb.last != 0) return Broken("the inclusion proof is too short");
  if (hash != root) return Broken("the inclusion proof does not lead to the root");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Hash>> ProveConsistency(NodeSource& source, const Growth& growth) {
  if (growth.old_size < 0 || growth.old_size > growth.new_size) return OutOfRange();
  std::vector<Hash> proof;
  if (growth.old_size == 0 || growth.old_size == growth.new_size) return proof;
  Ranges ranges(source, growth.new_size);
  int64_t begin = 0;
  for (int64_t end = growth.new_size; growth.old_size != end;) {
    const int64_t middle = begin + LeftPart(end - begin);
    const bool left = growth.old_size <= middle;
    ASSIGN_OR_RETURN(const Hash sibling, left ? ranges.Root(middle, end) : ranges.Root(begin, middle));
    proof.push_back(sibling);
    (left ? end : begin) = middle;
  }
  // What is left is a subtree of both. It goes without saying only where it is the whole old tree.
  if (begin != 0) {
    ASSIGN_OR_RETURN(const Hash common, ranges.Root(begin, growth.old_size));
    proof.push_back(common);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

absl::Status VerifyConsistency(const Growth& growth, const Roots& roots, std::span<const Hash> proof) {
  const auto& [old_size, new_size] = growth;
  if (old_size < 0 || old_size > new_size) return Broken("the new tree is smaller than the old one");
  if (old_size == 0 || old_size == new_size) {
    if (!proof.empty()) return Broken("the consistency proof is too long");
    if (roots.old_root != (old_size == 0 ? EmptyRoot() : roots.new_root)) return Broken("the roots differ");
    return absl::OkStatus();
  }
  Climb climb{.node = old_size - 1, .last = new_size - 1};
  while ((climb.node & 1) != 0) climb.Up();
  const bool whole = climb.node == 0;  // the old tree is perfect: its root is where the climb begins
  if (!whole && proof.empty()) return Broken("the consistency proof is too short");
  Hash old_hash = whole ? roots.old_root : proof.front();
  Hash new_hash = old_hash;
  for (const Hash& sibling : proof.subspan(whole ? 0 : 1)) {
    if (climb.last == 0) return Broken("the consistency proof is too long");
    if (climb.SiblingIsLeft()) {
      old_hash = NodeHash(sibling, old_hash);
      new_hash = NodeHash(sibling, new_hash);
    } else {
      new_hash = NodeHash(new_hash, sibling);
    }
    climb.Up();
  }
  if (climb.last != 0) return Broken("the consistency proof is too short");
  if (old_hash != roots.old_root) return Broken("the consistency proof does not lead to the old root");
  if (new_hash != roots.new_root) return Broken("the consistency proof does not lead to the new root");
  return absl::OkStatus();
}

}  // namespace smallbiznis::merkle
