// Proofs about a log (RFC 6962, section 2.1.1 and 2.1.2; RFC 9162, section 2.1.3 and 2.1.4): that a leaf is in it, and
// that a longer one begins with a shorter one. Making them needs a NodeSource, checking them only the proof.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/merkle/frontier.h"
#include "pkg/merkle/hash.h"

namespace smallbiznis::merkle {

// Where the hashes are kept: those of the leaves, and the tile nodes that Frontier::Append gave. It may have grown past
// the size that is asked about.
class NodeSource {
 public:
  virtual ~NodeSource() = default;

  // The hashes (LeafHash) of the leaves [begin, end), in order.
  virtual absl::StatusOr<std::vector<Hash>> Leaves(int64_t begin, int64_t end) = 0;
  // The tile nodes of `level` with the indices [begin, end), in order.
  virtual absl::StatusOr<std::vector<Hash>> Tiles(int level, int64_t begin, int64_t end) = 0;
};

// The functions that read a source ask, for the leaves and for each tile level up to log2 of the size, at most twice
// (RootAt once), each time for at most 256 hashes. At 10,000,000 leaves these are 6 reads and 1,536 hashes.
// Errors: the source's own; DATA_LOSS, reason MERKLE_NODES_MISSING, when it gives another number than it was asked for;
// OUT_OF_RANGE, reason MERKLE_OUT_OF_RANGE, when there is no such leaf or size.

// The root of the first `size` leaves.
absl::StatusOr<Hash> RootAt(NodeSource& source, int64_t size);

// The leaf `index` in the tree of the first `size` leaves: 0 <= index < size.
struct Place {
  int64_t index = 0;
  int64_t size = 0;
};

// The siblings on the way from the leaf to the root: at most 62.
absl::StatusOr<std::vector<Hash>> ProveInclusion(NodeSource& source, const Place& place);

// OK when `proof` leads from `leaf` (its hash) at `place` to `root`; else INVALID_ARGUMENT, reason MERKLE_PROOF_BROKEN.
absl::Status VerifyInclusion(const Hash& leaf, const Place& place, std::span<const Hash> proof, const Hash& root);

// From the tree of the first `old_size` leaves to that of the first `new_size`: 0 <= old_size <= new_size.
struct Growth {
  int64_t old_size = 0;
  int64_t new_size = 0;
};

// Empty when old_size is 0 or new_size: then there is nothing to show but the roots.
absl::StatusOr<std::vector<Hash>> ProveConsistency(NodeSource& source, const Growth& growth);

struct Roots {
  Hash old_root{};
  Hash new_root{};
};

// OK when `proof` shows that the tree of `new_root` begins with that of `old_root`; else INVALID_ARGUMENT, reason
// MERKLE_PROOF_BROKEN.
absl::Status VerifyConsistency(const Growth& growth, const Roots& roots, std::span<const Hash> proof);

}  // namespace smallbiznis::merkle
