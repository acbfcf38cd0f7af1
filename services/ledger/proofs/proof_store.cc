#include "services/ledger/proofs/proof_store.h"

#include <limits>
#include <utility>

#include "pkg/status/status.h"
#include "services/ledger/post/entry_row.h"
#include "services/ledger/proofs/queries.h"
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

absl::Status ProofStore::ForEachEntry(db::Tx& tx, TenantId tenant,
                                      absl::FunctionRef<bool(const PostedPtr&)> visit) const {
  for (int64_t after = kBeforeAll;;) {
    ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kReadEntries, {tenant, after, kStretch}));
    for (const db::Row row : rows) {
      ASSIGN_OR_RETURN(const PostedPtr posted, EntryFromRow(tenant, row));
      if (!visit(posted)) return absl::OkStatus();
      after = posted->entry.entry_id;
    }
    if (rows.size() < kStretch) return absl::OkStatus();
  }
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

absl::StatusOr<std::vector<ProofStore::StoredLot>> ProofStore::AllLots(db::Tx& tx, TenantId tenant) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kAllLots, {tenant}));
  std::vector<StoredLot> lots;
  lots.reserve(static_cast<size_t>(rows.size()));
  for (const db::Row row : rows) {
    lots.push_back({.account = {std::string(row.Text(0)), std::string(row.Text(1))},
                    .part = {row.Int64(2), row.Int64(3)},
                    .earliest = row.Time(4),
                    .latest = row.Time(5),
                    .smallest = row.Int64(6),
                    .first_run = row.Int64(7),
                    .last_run = row.Int64(8)});
  }
  return lots;
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
