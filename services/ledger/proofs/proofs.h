// Proofs about a tenant's chain: signed heads, inclusion, consistency, receipts.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/db/tx.h"
#include "pkg/merkle/proof.h"
#include "services/ledger/proofs/proof_store.h"
#include "services/ledger/proofs/signing_keys.h"
#include "services/ledger/record/head.h"
#include "services/ledger/record/receipt.h"

namespace smallbiznis::ledger {

// Thread-safe. What one call answers is of one state of the chain.
class Proofs {
 public:
  // Both must outlive this.
  Proofs(const SigningKeys& keys, const clock::Clock& clock) : keys_(keys), clock_(clock) {}

  absl::StatusOr<SignedHead> Head(db::Tx& tx, TenantId tenant) const;

  struct Inclusion {
    merkle::Place place;
    std::vector<merkle::Hash> path;
    merkle::Hash root{};
  };
  // `size` 0: of the whole tree. NOT_FOUND, reason LEDGER_ENTRY_NOT_FOUND, when there is no such entry;
  // INVALID_ARGUMENT naming tree_size when the tree of that size does not hold it, or is larger than the chain.
  absl::StatusOr<Inclusion> ProveInclusion(db::Tx& tx, TenantId tenant, int64_t entry_id, int64_t size) const;

  struct Consistency {
    merkle::Growth growth;
    std::vector<merkle::Hash> path;
    merkle::Roots roots;
  };
  // `new_size` 0: the whole tree. INVALID_ARGUMENT naming the size that is out of range.
  absl::StatusOr<Consistency> ProveConsistency(db::Tx& tx, TenantId tenant, int64_t old_size, int64_t new_size) const;

  // LEDGER_ENTRY_NOT_FOUND when there is no such entry.
  absl::StatusOr<Receipt> MakeReceipt(db::Tx& tx, TenantId tenant, int64_t entry_id) const;

 private:
  absl::StatusOr<SignedHead> Sign(db::Tx& tx, TenantId tenant, const Chain& chain) const;

  const SigningKeys& keys_;
  const clock::Clock& clock_;
  ProofStore store_;
};

}  // namespace smallbiznis::ledger
