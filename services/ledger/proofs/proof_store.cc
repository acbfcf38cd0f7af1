#include "services/ledger/proofs/proof_store.h"

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include "pkg/status/status.h"
#include "services/ledger/post/entry_row.h"
#include "services/ledger/proofs/queries.h"
#include "services/ledger/proofs/row_queue.h"
#include "services/ledger/record/encoding.h"

namespace smallbiznis::ledger {
namespace {

namespace sql = ledger_proofs::sql;

// Read at once while the whole chain is gone through.
constexpr int64_t kStretch = 5000;
// Numbers begin at 1. What somebody else has put below is to be seen, too.
constexpr int64_t kBeforeAll = std::numeric_limits<int64_t>::min();

absl::StatusOr<merkle::Hash> HashFrom(const db::Row& row, int column) {
  const std::optional<merkle::Hash> hash = merkle::FromBytes(row.Bytes(column));
  if (!hash) return absl::DataLossError("a hash of the ledger is not 32 bytes");
  return *hash;
}

absl::StatusOr<std::vector<merkle::Hash>> HashesFrom(const absl::StatusOr<db::Rows>& rows) {
  RETURN_IF_ERROR(rows.status());
  std::vector<merkle::Hash> hashes;
  hashes.reserve(static_cast<size_t>(rows->size()));
  for (int i = 0; i < rows->size(); ++i) {
    ASSIGN_OR_RETURN(const merkle::Hash hash, HashFrom((*rows)[i], 0));
    hashes.push_back(hash);
  }
  return hashes;
}

absl::Status LookAt(RowQueue& queue, TenantId tenant, absl::FunctionRef<bool(const Posted&)> visit) {
  Posted posted;
  for (std::string block = queue.Next(); !block.empty(); block = queue.Next()) {
    for (db::Copied row(block); row.Next();) {
      RETURN_IF_ERROR(ReadEntry(tenant, row, posted));
      if (!visit(posted)) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Chain> ProofStore::ReadChain(db::Tx& tx, TenantId tenant) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kChainHead, {tenant}));
  Chain chain;
  chain.head = ChainStart(tenant);
  if (rows.empty()) return chain;
  chain.size = rows[0].Int64(0);
  ASSIGN_OR_RETURN(chain.head, HashFrom(rows[0], 1));
  ASSIGN_OR_RETURN(chain.tree, merkle::Frontier::Parse(chain.size, rows[0].Bytes(2)));
  chain.last_posted_at = rows[0].Time(3);
  return chain;
}

absl::StatusOr<std::vector<merkle::Hash>> ProofStore::ListHashes(db::Tx& tx, TenantId tenant, int64_t after,
                                                                 int64_t last) const {
  return HashesFrom(tx.Query(sql::kListHashes, {tenant, after, last}));
}

absl::StatusOr<std::vector<merkle::Hash>> ProofStore::ListTreeNodes(db::Tx& tx, TenantId tenant, int level,
                                                                    int64_t begin, int64_t end) const {
  return HashesFrom(tx.Query(sql::kListTreeNodes, {tenant, int64_t{level}, begin, end}));
}

absl::StatusOr<PostedPtr> ProofStore::FindEntry(db::Tx& tx, TenantId tenant, int64_t entry_id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kReadEntry, {tenant, entry_id}));
  if (rows.empty()) return nullptr;
  return EntryFromRow(tenant, rows[0]);
}

absl::Status ProofStore::ForEachEntry(db::Tx& tx, TenantId tenant, absl::FunctionRef<bool(const Posted&)> visit) const {
  tx.Defer(sql::kReadByIndex, {});
  RowQueue queue;
  absl::Status copied;
  std::thread reader([&] {
    copied = tx.CopyOut(sql::kCopyEntries, [&](std::string_view rows) { return queue.Add(rows); });
    queue.End();
  });
  const absl::Status looked = LookAt(queue, tenant, visit);
  queue.Stop();
  reader.join();
  return looked.ok() ? copied : looked;
}

absl::StatusOr<std::map<std::string, Unit>> ProofStore::AllUnits(db::Tx& tx, TenantId tenant) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kAllUnits, {tenant}));
  std::map<std::string, Unit> units;
  for (const db::Row row : rows) {
    units[std::string(row.Text(0))] = {row.Int64(1), row.Int64(2), row.Int64(3), row.Int64(4)};
  }
  return units;
}

absl::StatusOr<Pauses> ProofStore::AllPauses(db::Tx& tx, TenantId tenant) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kAllPauses, {tenant}));
  return PausesFromRows(rows);
}

absl::Status ProofStore::ForEachRun(db::Tx& tx, absl::FunctionRef<bool(const StoredRun&)> visit) const {
  tx.Defer(sql::kReadByIndex, {});
  StoredRun run;
  return tx.CopyOut(sql::kCopyRuns, [&](std::string_view rows) {
    for (db::Copied row(rows); row.Next();) {
      run.account.unit = row.Text(0);
      run.account.member = row.Text(1);
      run.key = {row.Time(2), row.Int64(3)};
      const std::vector<int64_t> lots = row.Int64Array(4), amounts = row.Int64Array(5);
      run.lots.assign(std::max(lots.size(), amounts.size()), {});
      for (size_t i = 0; i < lots.size(); ++i) run.lots[i].lot = lots[i];
      for (size_t i = 0; i < amounts.size(); ++i) run.lots[i].amount = amounts[i];
      if (!visit(run)) return false;
    }
    return true;
  });
}

absl::StatusOr<std::vector<HoldRecord>> ProofStore::AllHolds(db::Tx& tx, TenantId tenant) const {
  std::vector<HoldRecord> holds;
  for (int64_t after = kBeforeAll;;) {
    ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kAllHolds, {tenant, after, kStretch}));
    for (const db::Row row : rows) {
      ASSIGN_OR_RETURN(HoldRecord hold, HoldFromRow(row));
      after = hold.hold_id;
      holds.push_back(std::move(hold));
    }
    if (rows.size() < kStretch) return holds;
  }
}

absl::StatusOr<std::vector<merkle::TileNode>> ProofStore::AllTreeNodes(db::Tx& tx, TenantId tenant) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kAllTreeNodes, {tenant}));
  std::vector<merkle::TileNode> nodes;
  for (const db::Row row : rows) {
    ASSIGN_OR_RETURN(const merkle::Hash hash, HashFrom(row, 2));
    nodes.push_back({row.Int32(0), row.Int64(1), hash});
  }
  return nodes;
}

void ProofStore::InsertKey(db::Tx& tx, const StoredKey& key) const {
  tx.Defer(sql::kInsertSigningKey, {key.key_id, db::Bytes{key.public_key}, db::Bytes{key.sealed_seed}, key.created_at});
}

absl::StatusOr<std::optional<StoredKey>> ProofStore::CurrentKey(db::Tx& tx) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kCurrentSigningKey, {}));
  if (rows.empty()) return std::nullopt;
  return StoredKey{std::string(rows[0].Text(0)), rows[0].Bytes(1), rows[0].Bytes(2), rows[0].Time(3)};
}

absl::StatusOr<bool> ProofStore::HasKey(db::Tx& tx, std::string_view key_id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kHasSigningKey, {key_id}));
  return rows[0].Bool(0);
}

absl::StatusOr<std::vector<StoredKey>> ProofStore::ListKeys(db::Tx& tx, const std::optional<StoredKey>& after,
                                                            int limit) const {
  std::optional<absl::Time> time;
  if (after) time = after->created_at;
  ASSIGN_OR_RETURN(const db::Rows rows,
                   tx.Query(sql::kListSigningKeys, {time, after ? after->key_id : "", int64_t{limit}}));
  std::vector<StoredKey> keys;
  for (const db::Row row : rows) keys.push_back({std::string(row.Text(0)), row.Bytes(1), "", row.Time(2)});
  return keys;
}

}  // namespace smallbiznis::ledger
