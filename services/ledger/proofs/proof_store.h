// What proofs and verification read of the ledger's tables, and the keys that sign.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/db/tx.h"
#include "pkg/merkle/frontier.h"
#include "services/ledger/book/book.h"

namespace smallbiznis::ledger {

struct StoredKey {
  std::string key_id;
  std::string public_key;   // 32 bytes
  std::string sealed_seed;  // "" in lists
  absl::Time created_at;
};

// Stateless; thread-safe.
class ProofStore {
 public:
  // Where the chain ends; that of an empty one when the tenant has none.
  absl::StatusOr<Chain> ReadChain(db::Tx& tx, TenantId tenant) const;
  // Hashes of the entries after `after`, up to `last`.
  absl::StatusOr<std::vector<merkle::Hash>> ListHashes(db::Tx& tx, TenantId tenant, int64_t after, int64_t last) const;
  absl::StatusOr<std::vector<merkle::Hash>> ListTreeNodes(db::Tx& tx, TenantId tenant, int level, int64_t begin,
                                                          int64_t end) const;
  absl::StatusOr<PostedPtr> FindEntry(db::Tx& tx, TenantId tenant, int64_t entry_id) const;  // null: none

  // Every entry of the scope's tenant in order, until `visit` answers false: the transaction is of no use any more
  // then. They are read on a second thread meanwhile. DATA_LOSS when the next one cannot be read.
  absl::Status ForEachEntry(db::Tx& tx, TenantId tenant, absl::FunctionRef<bool(const Posted&)> visit) const;
  absl::StatusOr<std::map<std::string, Unit>> AllUnits(db::Tx& tx, TenantId tenant) const;
  absl::StatusOr<Pauses> AllPauses(db::Tx& tx, TenantId tenant) const;
  // A row of ledger.lots. A lot or an amount that is NULL, or that has no other, is 0.
  struct StoredRun {
    AccountKey account;
    RunKey key;
    std::vector<LotPart> lots;
  };
  // Every run of the scope's tenant, by account, until `visit` answers false: the transaction is of no use any more
  // then.
  absl::Status ForEachRun(db::Tx& tx, absl::FunctionRef<bool(const StoredRun&)> visit) const;
  absl::StatusOr<std::vector<HoldRecord>> AllHolds(db::Tx& tx, TenantId tenant) const;
  absl::StatusOr<std::vector<merkle::TileNode>> AllTreeNodes(db::Tx& tx, TenantId tenant) const;

  void InsertKey(db::Tx& tx, const StoredKey& key) const;
  absl::StatusOr<std::optional<StoredKey>> CurrentKey(db::Tx& tx) const;
  absl::StatusOr<bool> HasKey(db::Tx& tx, std::string_view key_id) const;
  // The newest first.
  absl::StatusOr<std::vector<StoredKey>> ListKeys(db::Tx& tx, const std::optional<StoredKey>& after, int limit) const;
};

}  // namespace smallbiznis::ledger
