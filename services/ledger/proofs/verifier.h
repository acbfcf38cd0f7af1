// Verifies a tenant's ledger as it stands in the tables: every entry anew from the first, and everything else that is
// kept and follows from the entries. Repairs nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/db/pool.h"
#include "services/ledger/audit/auditor.h"
#include "services/ledger/proofs/proof_store.h"
#include "services/ledger/proofs/proofs.h"

namespace smallbiznis::ledger {

struct Verdict {
  int64_t entries = 0;
  std::optional<Finding> finding;  // the first that is wrong; its entry is 0 when no single one is to blame
  std::optional<SignedHead> head;  // of what was verified; none when something is wrong: that is not to be signed
};

// Thread-safe.
class Verifier {
 public:
  // Both must outlive this.
  Verifier(db::Pool& pool, const Proofs& proofs) : pool_(pool), proofs_(proofs) {}

  // On one state of the database. `trusted` are heads that the caller has kept: INVALID_ARGUMENT, reason
  // LEDGER_SIGNATURE_WRONG, LEDGER_KEY_WRONG or LEDGER_KEY_NOT_TRUSTED, when one is not this ledger's.
  absl::StatusOr<Verdict> Verify(TenantId tenant, const std::vector<SignedHead>& trusted, absl::Time deadline) const;

 private:
  absl::Status CheckTrusted(db::Tx& tx, TenantId tenant, const std::vector<SignedHead>& trusted) const;
  // What differs from what the entries say; nothing when all is well.
  absl::StatusOr<std::optional<Finding>> CompareTables(db::Tx& tx, TenantId tenant, const Auditor& auditor,
                                                       const std::vector<HoldRecord>& holds,
                                                       absl::Time last_posted_at) const;

  db::Pool& pool_;
  const Proofs& proofs_;
  ProofStore store_;
};

}  // namespace smallbiznis::ledger
