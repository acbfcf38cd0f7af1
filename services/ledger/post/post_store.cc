#include "services/ledger/post/post_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "pkg/db/error.h"
#include "pkg/status/status.h"
#include "services/ledger/book/reason.h"
#include "services/ledger/post/entry_row.h"
#include "services/ledger/post/queries.h"
#include "services/ledger/record/encoding.h"

namespace smallbiznis::ledger {
namespace {

namespace sql = ledger_post::sql;

// Runs of an account that are read at once: most accounts have no more.
constexpr int64_t kFirstRuns = 4;
constexpr int64_t kMostRuns = 65536;

// Keeps the first error of what arrives with a round trip.
void Keep(absl::Status& error, const absl::Status& status) {
  if (error.ok()) error = status;
}

absl::StatusOr<Chain> ChainFromRow(const db::Row& row) {
  Chain chain;
  chain.version = row.Int64(0);
  chain.size = row.Int64(1);
  const std::optional<merkle::Hash> head = merkle::FromBytes(row.Bytes(2));
  if (!head) return absl::InternalError("the ledger's chain has a head that is no hash");
  chain.head = *head;
  ASSIGN_OR_RETURN(chain.tree, merkle::Frontier::Parse(chain.size, row.Bytes(3)));
  chain.last_posted_at = row.Time(4);
  return chain;
}

// From two columns, `column` and the next.
std::vector<LotPart> PartsFromRow(const db::Row& row, int column) {
  const std::vector<int64_t> lots = row.Int64Array(column);
  const std::vector<int64_t> amounts = row.Int64Array(column + 1);
  std::vector<LotPart> parts(std::min(lots.size(), amounts.size()));
  for (size_t i = 0; i < parts.size(); ++i) parts[i] = {lots[i], amounts[i]};
  return parts;
}

// A list of accounts as two parameters.
struct Keys {
  std::vector<std::string> units;
  std::vector<std::string> members;

  void Add(const AccountKey& key) {
    units.push_back(key.unit);
    members.push_back(key.member);
  }
};

std::string TimeText(const std::optional<absl::Time>& time) {
  return time ? *db::Param(*time).value() : std::string();
}

// A violated index means an entry that the book did not know of.
absl::Status MapEntryError(const absl::Status& error) {
  if (db::Constraint(error) == "entries_reference") return Error(Reason::kReferenceConflict);
  if (db::Constraint(error) == "entries_reverts") return Error(Reason::kEntryAlreadyReverted);
  return error;
}

}  // namespace

void PostStore::PlanOnce(db::Tx& tx) const {
  tx.Defer(sql::kPlanOnce, {});
}

void PostStore::LockChain(db::Tx& tx, TenantId tenant, std::optional<absl::StatusOr<Chain>>& chain) const {
  tx.DeferQuery(sql::kLockChain, {tenant}, [&chain](const db::Rows& rows) {
    if (!rows.empty()) chain = ChainFromRow(rows[0]);
  });
}

void PostStore::BeginChain(db::Tx& tx, TenantId tenant) const {
  tx.Defer(sql::kOpenChain, {tenant, db::Bytes{std::string(merkle::Bytes(ChainStart(tenant)))}});
}

absl::Status PostStore::LoadNamed(db::Tx& tx, const Named& named, Book& book) const {
  absl::Status error;
  if (named.units) {
    tx.DeferQuery(sql::kLoadUnits, {book.tenant}, [&](const db::Rows& rows) {
      for (const db::Row row : rows) {
        book.units[std::string(row.Text(0))] = {row.Int64(1), row.Int64(2), row.Int64(3), row.Int64(4)};
      }
    });
    tx.DeferQuery(sql::kLoadPauses, {book.tenant}, [&](const db::Rows& rows) { book.pauses = PausesFromRows(rows); });
  }
  if (!named.references.empty()) {
    tx.DeferQuery(sql::kLoadReferences, {book.tenant, named.references}, [&](const db::Rows& rows) {
      for (const db::Row row : rows) {
        const absl::StatusOr<PostedPtr> posted = EntryFromRow(book.tenant, row);
        if (!posted.ok()) return Keep(error, posted.status());
        book.references[*(*posted)->entry.reference_id] = *posted;
      }
    });
  }
  if (!named.holds.empty()) {
    tx.DeferQuery(sql::kLoadHolds, {book.tenant, named.holds}, [&](const db::Rows& rows) {
      for (const db::Row row : rows) {
        const absl::StatusOr<HoldRecord> hold = HoldFromRow(row);
        if (!hold.ok()) return Keep(error, hold.status());
        book.holds[hold->hold_id] = *hold;
      }
    });
  }
  if (!named.entries.empty()) {
    tx.DeferQuery(sql::kLoadEarlier, {book.tenant, named.entries}, [&](const db::Rows& rows) {
      for (const db::Row row : rows) {
        const absl::StatusOr<PostedPtr> posted = EntryFromRow(book.tenant, row);
        if (!posted.ok()) return Keep(error, posted.status());
        book.earlier[(*posted)->entry.entry_id] = {*posted, row.Bool(kEntryColumns), {}};
      }
    });
  }
  RETURN_IF_ERROR(tx.Flush());
  RETURN_IF_ERROR(error);
  return LoadExpiries(tx, book);
}

// The lots that reverts may give back: what became of them is not in ledger.lots.
absl::Status PostStore::LoadExpiries(db::Tx& tx, Book& book) const {
  std::vector<int64_t> lots;
  for (const auto& [id, earlier] : book.earlier) {
    if (!earlier.expiries.empty()) continue;
    for (const LotPart& part : earlier.posted->entry.taken) lots.push_back(part.lot);
  }
  if (lots.empty()) return absl::OkStatus();
  std::sort(lots.begin(), lots.end());
  lots.erase(std::unique(lots.begin(), lots.end()), lots.end());
  absl::flat_hash_map<int64_t, absl::Time> expiries;
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kLoadLotExpiries, {book.tenant, lots}));
  for (const db::Row row : rows) {
    const absl::Time due = row.OptionalTime(1).value_or(absl::InfiniteFuture());
    expiries[row.Int64(0)] = book.pauses.OwnDue(due, row.Time(2));
  }
  for (auto& [id, earlier] : book.earlier) {
    if (!earlier.expiries.empty()) continue;
    for (const LotPart& part : earlier.posted->entry.taken) {
      const auto expiry = expiries.find(part.lot);
      if (expiry == expiries.end()) {
        return absl::InternalError(fmt::format("ledger entry {} took from lot {}, which does not exist", id, part.lot));
      }
      earlier.expiries.push_back(expiry->second);
    }
  }
  return absl::OkStatus();
}

absl::Status PostStore::LoadAccounts(db::Tx& tx, const std::vector<AccountKey>& keys, Book& book) const {
  Keys names;
  for (const AccountKey& key : keys) names.Add(key);
  absl::Status error;
  absl::flat_hash_map<AccountKey, int64_t> runs;
  tx.DeferQuery(sql::kLoadAccounts, {book.tenant, names.units, names.members}, [&](const db::Rows& rows) {
    for (const db::Row row : rows) {
      Account& account = book.accounts[{std::string(row.Text(0)), std::string(row.Text(1))}];
      account.floor = row.Int64(2);
      account.closed = row.Bool(3);
      account.balance = row.Int64(4);
    }
  });
  tx.DeferQuery(sql::kLoadOpenHolds, {book.tenant, names.units, names.members}, [&](const db::Rows& rows) {
    for (const db::Row row : rows) {
      const absl::StatusOr<HoldRecord> hold = HoldFromRow(row);
      if (!hold.ok()) return Keep(error, hold.status());
      book.accounts[hold->account].open_holds[hold->hold_id] = *hold;
    }
  });
  tx.DeferQuery(sql::kLoadFirstRuns, {book.tenant, names.units, names.members, kFirstRuns}, [&](const db::Rows& rows) {
    for (const db::Row row : rows) {
      const AccountKey key{std::string(row.Text(0)), std::string(row.Text(1))};
      book.accounts[key].lots.Load({row.Time(2), row.Int64(3)}, PartsFromRow(row, 4));
      ++runs[key];
    }
  });
  RETURN_IF_ERROR(tx.Flush());
  for (const AccountKey& key : keys) {
    if (runs[key] < kFirstRuns) book.accounts[key].lots.SetComplete();
  }
  return error;
}

absl::Status PostStore::LoadLots(db::Tx& tx, const AccountKey& key, int64_t amount, absl::Time own_now,
                                 Book& book) const {
  LotBook& lots = book.accounts.at(key).lots;
  for (int64_t limit = 2 * kFirstRuns; !lots.Covers(amount, own_now); limit = std::min(2 * limit, kMostRuns)) {
    const RunKey last = lots.last().value_or(RunKey{absl::InfinitePast(), 0});
    ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kLoadNextRuns, {book.tenant, key.unit, key.member,
                                                                        last.expires_at, last.run, limit}));
    for (const db::Row row : rows) lots.Load({row.Time(0), row.Int64(1)}, PartsFromRow(row, 2));
    if (rows.size() < limit) lots.SetComplete();
  }
  return absl::OkStatus();
}

absl::Status PostStore::LoadRunsOf(db::Tx& tx, const AccountKey& key, std::span<const LotPart> parts,
                                   Book& book) const {
  std::vector<int64_t> lots;
  for (const LotPart& part : parts) lots.push_back(part.lot);
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kLoadRunsOfLots, {book.tenant, key.unit, key.member, lots}));
  LotBook& known = book.accounts.at(key).lots;
  for (const db::Row row : rows) known.AddLoaded({row.Time(0), row.Int64(1)}, PartsFromRow(row, 2));
  return absl::OkStatus();
}

void PostStore::Write(db::Tx& tx, Book& book, const Changes& changes) const {
  if (!changes.entries.empty()) {
    WriteEntries(tx, book, changes);
    WriteLots(tx, book, changes);
    WriteUnits(tx, book, changes);
    if (!changes.holds.empty()) WriteHolds(tx, book.tenant, changes);
    if (!changes.tiles.empty()) WriteTree(tx, book.tenant, changes);
  }
  if (!changes.settings.empty()) WriteAccounts(tx, book, changes);
  Chain& chain = book.chain;
  ++chain.version;
  tx.Defer(sql::kMoveChain, {book.tenant, chain.version, chain.size, db::Bytes{std::string(merkle::Bytes(chain.head))},
                             db::Bytes{chain.tree.Serialize()}, chain.last_posted_at});
}

void PostStore::WriteEntries(db::Tx& tx, const Book& book, const Changes& changes) const {
  const size_t count = changes.entries.size();
  std::vector<int64_t> ids, kinds, amounts, source_balances, destination_balances, reverts, holds;
  std::vector<std::string> units, sources, destinations, references, descriptions, metadata, expiries, actors;
  std::vector<db::Bytes> taken, given, hashes;
  for (auto* each : {&ids, &kinds, &amounts, &source_balances, &destination_balances, &reverts, &holds}) {
    each->reserve(count);
  }
  for (auto* each : {&units, &sources, &destinations, &references, &descriptions, &metadata, &expiries, &actors}) {
    each->reserve(count);
  }
  for (const PostedPtr& posted : changes.entries) {
    const Entry& entry = posted->entry;
    ids.push_back(entry.entry_id);
    kinds.push_back(static_cast<int64_t>(entry.kind));
    units.push_back(entry.unit);
    amounts.push_back(entry.amount);
    sources.push_back(entry.source);
    destinations.push_back(entry.destination);
    source_balances.push_back(entry.source_balance.value_or(-1));
    destination_balances.push_back(entry.destination_balance.value_or(-1));
    references.push_back(entry.reference_id.value_or(""));
    descriptions.push_back(entry.description);
    metadata.push_back(MetadataText(entry.metadata));
    expiries.push_back(TimeText(entry.expires_at));
    reverts.push_back(entry.reverts.value_or(0));
    holds.push_back(entry.hold.value_or(0));
    taken.push_back({entry.taken.empty() ? std::string() : EncodeParts(entry.taken)});
    given.push_back({entry.given.empty() ? std::string() : EncodeParts(entry.given)});
    actors.push_back(entry.actor);
    hashes.push_back({std::string(merkle::Bytes(posted->hash))});
  }
  tx.Defer(sql::kInsertEntries,
           {book.tenant,
            changes.entries.front()->entry.posted_at,
            ids,
            kinds,
            units,
            amounts,
            sources,
            destinations,
            source_balances,
            destination_balances,
            references,
            descriptions,
            metadata,
            expiries,
            reverts,
            holds,
            taken,
            given,
            actors,
            hashes},
           MapEntryError);
}

void PostStore::WriteLots(db::Tx& tx, Book& book, const Changes& changes) const {
  // The rows of one statement.
  struct Runs {
    Keys accounts;
    std::vector<absl::Time> expiries;
    std::vector<int64_t> runs;
    std::vector<int64_t> firsts, lasts;  // where a run's lots are in the next two; from 1
    std::vector<int64_t> lots, amounts;

    void Add(const AccountKey& account, const LotBook::Changes::Written& written) {
      accounts.Add(account);
      expiries.push_back(written.key.expires_at);
      runs.push_back(written.key.run);
      firsts.push_back(static_cast<int64_t>(lots.size()) + 1);
      for (const LotPart& part : written.lots) {
        lots.push_back(part.lot);
        amounts.push_back(part.amount);
      }
      lasts.push_back(static_cast<int64_t>(lots.size()));
    }
  };
  Runs inserted, updated;
  for (const AccountKey& account : changes.accounts) {
    const LotBook::Changes lots = book.accounts.at(account).lots.TakeChanges();
    for (const auto& written : lots.inserted) inserted.Add(account, written);
    for (const auto& written : lots.updated) updated.Add(account, written);
    for (const RunRange& range : lots.deleted) {
      tx.Defer(sql::kDeleteRuns, {book.tenant, account.unit, account.member, range.first.expires_at, range.first.run,
                                  range.last.expires_at, range.last.run});
    }
  }
  if (!updated.runs.empty()) {
    tx.Defer(sql::kUpdateRuns, {book.tenant, updated.accounts.units, updated.accounts.members, updated.expiries,
                                updated.runs, updated.firsts, updated.lasts, updated.lots, updated.amounts});
  }
  if (!inserted.runs.empty()) {
    tx.Defer(sql::kInsertRuns, {book.tenant, inserted.accounts.units, inserted.accounts.members, inserted.expiries,
                                inserted.runs, inserted.firsts, inserted.lasts, inserted.lots, inserted.amounts});
  }
}

void PostStore::WriteHolds(db::Tx& tx, TenantId tenant, const Changes& changes) const {
  std::map<int64_t, HoldRecord> last;
  for (const HoldRecord& hold : changes.holds) last[hold.hold_id] = hold;
  std::vector<int64_t> ids, amounts, captured;
  std::vector<std::string> states, expiries;
  Keys accounts;
  for (const auto& [id, hold] : last) {
    ids.push_back(id);
    accounts.Add(hold.account);
    amounts.push_back(hold.amount);
    states.emplace_back(Name(hold.state));
    captured.push_back(hold.captured);
    expiries.push_back(TimeText(hold.expires_at));
  }
  tx.Defer(sql::kWriteHolds, {tenant, ids, accounts.units, accounts.members, amounts, states, captured, expiries});
}

void PostStore::WriteUnits(db::Tx& tx, const Book& book, const Changes& changes) const {
  std::vector<std::string> names;
  std::vector<int64_t> issuance, redemption, expiry, breakage;
  for (const std::string& name : changes.units) {
    const Unit& unit = book.units.at(name);
    names.push_back(name);
    issuance.push_back(unit.issuance);
    redemption.push_back(unit.redemption);
    expiry.push_back(unit.expiry);
    breakage.push_back(unit.breakage);
  }
  tx.Defer(sql::kWriteUnits, {book.tenant, names, issuance, redemption, expiry, breakage});
}

void PostStore::WriteAccounts(db::Tx& tx, const Book& book, const Changes& changes) const {
  Keys names;
  std::vector<int64_t> floors;
  std::vector<std::string> closed;
  for (const AccountKey& key : changes.settings) {
    const Account& account = book.accounts.at(key);
    names.Add(key);
    floors.push_back(account.floor);
    closed.emplace_back(account.closed ? "t" : "f");
  }
  tx.Defer(sql::kWriteAccounts, {book.tenant, book.chain.last_posted_at, names.units, names.members, floors, closed});
}

void PostStore::WriteTree(db::Tx& tx, TenantId tenant, const Changes& changes) const {
  std::vector<int64_t> levels, positions;
  std::vector<db::Bytes> hashes;
  for (const merkle::TileNode& node : changes.tiles) {
    levels.push_back(node.level);
    positions.push_back(node.index);
    hashes.push_back({std::string(merkle::Bytes(node.hash))});
  }
  tx.Defer(sql::kInsertTreeNodes, {tenant, levels, positions, hashes});
}

}  // namespace smallbiznis::ledger
