// The table of lots beside what the entries leave of each lot, an account at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "services/ledger/audit/auditor.h"
#include "services/ledger/proofs/proof_store.h"

namespace smallbiznis::ledger {

// Not thread-safe.
class LotComparison {
 public:
  // `auditor` has seen all entries.
  explicit LotComparison(const Auditor& auditor);

  // The next row of the table, which is ordered by account. False from the first difference on.
  bool See(const ProofStore::StoredRun& run);
  // To be called after the last row.
  std::optional<Finding> Finish();

 private:
  struct Told {
    AccountKey account;
    std::vector<DerivedAccount::OpenLot> lots;
  };

  bool EndAccount();
  bool Fail(int64_t lot, std::string_view problem);

  const int64_t entries_;
  std::vector<Told> told_;  // by account, of those that have lots
  size_t next_ = 0;
  std::optional<AccountKey> account_;  // whose rows are being seen
  std::vector<ExpiringPart> parts_;    // of its lots
  std::optional<Finding> finding_;
};

}  // namespace smallbiznis::ledger
