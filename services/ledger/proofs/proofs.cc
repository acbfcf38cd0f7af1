#include "services/ledger/proofs/proofs.h"

#include <utility>

#include "pkg/status/status.h"
#include "services/ledger/book/reason.h"
#include "services/ledger/record/encoding.h"

namespace smallbiznis::ledger {
namespace {

// The chain's tree as the tables have it.
class StoredTree final : public merkle::NodeSource {
 public:
  StoredTree(const ProofStore& store, db::Tx& tx, TenantId tenant) : store_(store), tx_(tx), tenant_(tenant) {}

  absl::StatusOr<std::vector<merkle::Hash>> Leaves(int64_t begin, int64_t end) override {
    ASSIGN_OR_RETURN(std::vector<merkle::Hash> hashes, store_.ListHashes(tx_, tenant_, begin, end));
    for (merkle::Hash& hash : hashes) hash = merkle::LeafHash(merkle::Bytes(hash));
    return hashes;
  }
  absl::StatusOr<std::vector<merkle::Hash>> Tiles(int level, int64_t begin, int64_t end) override {
    return store_.ListTreeNodes(tx_, tenant_, level, begin, end);
  }

 private:
  const ProofStore& store_;
  db::Tx& tx_;
  const TenantId tenant_;
};

}  // namespace

absl::StatusOr<SignedHead> Proofs::Head(db::Tx& tx, TenantId tenant) const {
  ASSIGN_OR_RETURN(const Chain chain, store_.ReadChain(tx, tenant));
  return Sign(tx, tenant, chain);
}

absl::StatusOr<SignedHead> Proofs::Sign(db::Tx& tx, TenantId tenant, const Chain& chain) const {
  ASSIGN_OR_RETURN(const std::shared_ptr<const crypto::SigningKey> key, keys_.Current(tx));
  return SignHead({.tenant = tenant,
                   .size = chain.size,
                   .root = chain.tree.Root(),
                   .chain = chain.head,
                   .at = absl::FromUnixMicros(absl::ToUnixMicros(clock_.Now()))},
                  *key);
}

absl::StatusOr<Proofs::Inclusion> Proofs::ProveInclusion(db::Tx& tx, TenantId tenant, int64_t entry_id,
                                                         int64_t size) const {
  ASSIGN_OR_RETURN(const Chain chain, store_.ReadChain(tx, tenant));
  if (entry_id < 1 || entry_id > chain.size) return Error(Reason::kEntryNotFound);
  if (size == 0) size = chain.size;
  if (size < entry_id || size > chain.size) {
    return status::InvalidField("tree_size", "must be a size of the chain at which the entry was in it");
  }
  StoredTree tree(store_, tx, tenant);
  Inclusion inclusion{.place = {.index = entry_id - 1, .size = size}};
  ASSIGN_OR_RETURN(inclusion.path, merkle::ProveInclusion(tree, inclusion.place));
  ASSIGN_OR_RETURN(inclusion.root, merkle::RootAt(tree, size));
  return inclusion;
}

absl::StatusOr<Proofs::Consistency> Proofs::ProveConsistency(db::Tx& tx, TenantId tenant, int64_t old_size,
                                                             int64_t new_size) const {
  ASSIGN_OR_RETURN(const Chain chain, store_.ReadChain(tx, tenant));
  if (new_size == 0) new_size = chain.size;
  if (new_size < 0 || new_size > chain.size) {
    return status::InvalidField("new_size", "must be a size that the chain has or had");
  }
  if (old_size < 0 || old_size > new_size) {
    return status::InvalidField("old_size", "must be a size that the chain had before new_size");
  }
  StoredTree tree(store_, tx, tenant);
  Consistency consistency{.growth = {.old_size = old_size, .new_size = new_size}};
  ASSIGN_OR_RETURN(consistency.path, merkle::ProveConsistency(tree, consistency.growth));
  ASSIGN_OR_RETURN(consistency.roots.old_root, merkle::RootAt(tree, old_size));
  ASSIGN_OR_RETURN(consistency.roots.new_root, merkle::RootAt(tree, new_size));
  return consistency;
}

absl::StatusOr<Receipt> Proofs::MakeReceipt(db::Tx& tx, TenantId tenant, int64_t entry_id) const {
  ASSIGN_OR_RETURN(const Chain chain, store_.ReadChain(tx, tenant));
  if (entry_id < 1 || entry_id > chain.size) return Error(Reason::kEntryNotFound);
  ASSIGN_OR_RETURN(const PostedPtr posted, store_.FindEntry(tx, tenant, entry_id));
  if (!posted) return absl::DataLossError("an entry of the ledger's chain is missing");
  Receipt receipt{.entry = posted->entry, .previous_hash = ChainStart(tenant), .entry_hash = posted->hash};
  if (entry_id > 1) {
    ASSIGN_OR_RETURN(const std::vector<merkle::Hash> before, store_.ListHashes(tx, tenant, entry_id - 2, entry_id - 1));
    if (before.size() != 1) return absl::DataLossError("an entry of the ledger's chain is missing");
    receipt.previous_hash = before.front();
  }
  StoredTree tree(store_, tx, tenant);
  ASSIGN_OR_RETURN(receipt.path, merkle::ProveInclusion(tree, {.index = entry_id - 1, .size = chain.size}));
  ASSIGN_OR_RETURN(receipt.head, Sign(tx, tenant, chain));
  return receipt;
}

}  // namespace smallbiznis::ledger
