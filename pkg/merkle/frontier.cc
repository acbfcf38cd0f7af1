#include "pkg/merkle/frontier.h"

#include <bit>

#include "pkg/status/status.h"

namespace smallbiznis::merkle {

absl::StatusOr<Frontier> Frontier::Parse(int64_t size, std::string_view bytes) {
  if (size < 0 || bytes.size() != sizeof(Hash) * std::popcount(static_cast<uint64_t>(size))) {
    return status::Error(absl::StatusCode::kDataLoss, "MERKLE_FRONTIER_BROKEN",
                         "the stored frontier of a Merkle tree does not fit its size");
  }
  Frontier frontier;
  frontier.size_ = size;
  for (; !bytes.empty(); bytes.remove_prefix(sizeof(Hash))) {
    frontier.peaks_.push_back(*FromBytes(bytes.substr(0, sizeof(Hash))));
  }
  return frontier;
}

absl::StatusOr<Frontier> Frontier::OfLastLeaf(int64_t size, const Hash& leaf, std::span<const Hash> proof) {
  const auto subtrees = static_cast<size_t>(std::popcount(static_cast<uint64_t>(size)));
  // The smallest perfect subtree ends with the leaf: one sibling for each of its levels, then the larger subtrees.
  const auto levels = static_cast<size_t>(std::countr_zero(static_cast<uint64_t>(size)));
  if (size <= 0 || proof.size() != levels + subtrees - 1) {
    return status::Error(absl::StatusCode::kInvalidArgument, "MERKLE_PROOF_BROKEN",
                         "the inclusion proof of a tree's last leaf does not fit the tree's size");
  }
  Hash smallest = leaf;
  for (const Hash& left : proof.first(levels)) smallest = NodeHash(left, smallest);
  Frontier frontier;
  frontier.size_ = size;
  frontier.peaks_.assign(proof.rbegin(), proof.rend() - static_cast<ptrdiff_t>(levels));
  frontier.peaks_.push_back(smallest);
  return frontier;
}

std::string Frontier::Serialize() const {
  std::string bytes;
  bytes.reserve(sizeof(Hash) * peaks_.size());
  for (const Hash& peak : peaks_) bytes.append(Bytes(peak));
  return bytes;
}

Hash Frontier::Root() const {
  if (peaks_.empty()) return EmptyRoot();
  Hash root = peaks_.back();
  for (size_t i = peaks_.size() - 1; i-- > 0;) root = NodeHash(peaks_[i], root);
  return root;
}

void Frontier::Append(const Hash& leaf, std::vector<TileNode>& completed) {
  Hash node = leaf;
  int level = 0;
  // Each low bit that is set is a subtree of the same size as `node`, to its left.
  for (int64_t index = size_; (index & 1) != 0; index >>= 1) {
    node = NodeHash(peaks_.back(), node);
    peaks_.pop_back();
    if (++level % kTileBits == 0) completed.push_back({.level = level, .index = index >> 1, .hash = node});
  }
  peaks_.push_back(node);
  ++size_;
}

}  // namespace smallbiznis::merkle
